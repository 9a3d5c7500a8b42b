"""A plug-in of several modules, some of which cannot be imported."""
