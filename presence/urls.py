from django.urls import path

from presence import views

presence_urls = [
    path("on-site/", views.OnSiteView.as_view(), name="on-site"),
    path("streaks/", views.StreaksView.as_view(), name="streaks"),
]
