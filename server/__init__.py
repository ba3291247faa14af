"""The small central server: keeps sealed records and answers the adults who may see them."""

VERSION = "0.1.0"
