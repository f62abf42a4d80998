"""The screens, by the name that stands in their address. A new screen is a line here and a module beside."""

from types import ModuleType

from dashboard.pages import (
    compare,
    corrections,
    export,
    linking,
    methods,
    overview,
    quality,
    questionnaires,
    review,
    site,
    threats,
    upload,
    withheld,
)


# Each module offers ``layout(services, address) -> html.Div`` and ``register(app, services) -> None``.
PAGES: dict[str, ModuleType] = {
    "overview": overview,
    "compare": compare,
    "site": site,
    "threats": threats,
    "upload": upload,
    "quality": quality,
    "review": review,
    "withheld": withheld,
    "corrections": corrections,
    "linking": linking,
    "questionnaires": questionnaires,
    "export": export,
    "methods": methods,
}
FIRST_PAGE = "overview"
