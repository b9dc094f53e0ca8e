from django.urls import path
from rest_framework.routers import SimpleRouter

from kitchen import views

router = SimpleRouter(use_regex_path=False)
router.register("periods", views.MealPeriodViewSet, basename="meal-period")
router.register("services", views.KitchenServiceViewSet, basename="kitchen-service")

kitchen_urls = [path("summary/", views.MealSummary.as_view(), name="kitchen-summary"), *router.urls]
