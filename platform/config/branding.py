"""What the admin calls itself. Apart from the application's configuration, which every command loads."""

from django.contrib.admin import AdminSite


class Site(AdminSite):
    site_header = site_title = "Petiole"
    index_title = "Administration"
