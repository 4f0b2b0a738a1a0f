"""What the pages of the book are found to hold when they are read, kept with Sphinx's environment from one build to the next."""


def keep_by_page(app, name):
    """Let app.env.NAME be a dict {page: what was found}, in which a page that is read anew or has gone is forgotten."""

    def found_in(env):
        return env.__dict__.setdefault(name, {})

    app.connect("builder-inited", lambda app: found_in(app.env))
    app.connect("env-purge-doc", lambda app, env, page: found_in(env).pop(page, None))
    app.connect("env-merge-info", lambda app, env, pages, other: found_in(env).update(
        {page: found_in(other)[page] for page in pages if page in found_in(other)}))
