"""Every page about laptops, gathered for the router."""

from server.web import (
    coverage_pages,
    device_page,
    devices,
    enrol_pages,
    loan_pages,
    places_pages,
    self_test_pages,
    storage_pages,
)

ROUTES = [
    *devices.ROUTES,
    *coverage_pages.ROUTES,
    *places_pages.ROUTES,
    *self_test_pages.ROUTES,
    *loan_pages.ROUTES,
    *storage_pages.ROUTES,
    *enrol_pages.ROUTES,
    *device_page.ROUTES,
]
