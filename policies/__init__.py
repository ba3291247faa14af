"""The contract both sides share: settings, records, orders, sealing, agreement texts, school profiles."""
