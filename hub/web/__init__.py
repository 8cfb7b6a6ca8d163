"""Pages and ES modules for browsers: static files without a build step, and the routes that serve them."""

from hub.web.routes import routes

__all__ = ["routes"]
