"""The verbs of ``awareness``: one module a family, each with ``register(app)`` and lazy imports."""
