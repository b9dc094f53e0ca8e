from django.urls import path

from accounts import views

token_urls = [
    path("", views.ObtainTokens.as_view(), name="token"),
    path("refresh/", views.RefreshTokens.as_view(), name="token-refresh"),
    path("blacklist/", views.BlacklistToken.as_view(), name="token-blacklist"),
]

monitor_urls = [
    path("register/", views.Register.as_view(), name="monitor-register"),
    path("login/", views.Login.as_view(), name="monitor-login"),
    path(
        "<uuid:admin_id>/",
        views.AdministratorViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update"}, detail=True
        ),
        name="administrator",
    ),
    path(
        "<uuid:admin_id>/reset-second-factor/",
        views.SecondFactorReset.as_view(),
        name="administrator-reset-second-factor",
    ),
    path(
        "<uuid:admin_id>/history/",
        views.AdministratorHistory.as_view(),
        name="administrator-history",
    ),
]
