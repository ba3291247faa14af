"""All staff pages as one router, and their static files."""

from litestar import Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

from server.web import (
    account,
    arrangement_pages,
    concerns,
    countersign_pages,
    device_routes,
    governors,
    help_answers,
    invitation,
    lab,
    lesson_pages,
    limit_pages,
    media,
    media_live,
    oversight,
    policies,
    policy_edit,
    policy_files,
    policy_laptop,
    policy_proposals,
    policy_review,
    policy_rollouts,
    policy_school,
    problems,
    provider,
    register,
    render,
    report_cases_api,
    reporting,
    reports_pages,
    sign_in,
    staff,
    staff_ways,
)

WEB_MAX_BODY_BYTES = 64 * 1024
"""The largest form is a list of room names."""

static = create_static_files_router(
    path="/static",
    directories=[render.STATIC],
    cache_control=CacheControlHeader(max_age=render.YEAR_SECONDS, immutable=True),
    include_in_schema=False,
)
router = Router(
    path="/",
    route_handlers=[
        *sign_in.ROUTES,
        *lab.ROUTES,
        *help_answers.ROUTES,
        *device_routes.ROUTES,
        *media_live.ROUTES,
        *media.ROUTES,
        *policies.ROUTES,
        *policy_edit.ROUTES,
        *policy_school.ROUTES,
        *policy_files.ROUTES,
        *policy_proposals.ROUTES,
        *policy_rollouts.ROUTES,
        *policy_laptop.ROUTES,
        *policy_review.ROUTES,
        *register.ROUTES,
        *arrangement_pages.ROUTES,
        *limit_pages.ROUTES,
        *lesson_pages.ROUTES,
        *countersign_pages.ROUTES,
        *problems.ROUTES,
        *concerns.ROUTES,
        *governors.ROUTES,
        *reporting.ROUTES,
        *oversight.ROUTES,
        *staff_ways.ROUTES,
        *staff.ROUTES,
        *account.ROUTES,
        *provider.ROUTES,
        *invitation.ROUTES,
        report_cases_api.router,
        *reports_pages.ROUTES,
        static,
    ],
    request_max_body_size=WEB_MAX_BODY_BYTES,
    include_in_schema=False,
)
