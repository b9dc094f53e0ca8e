"""What somebody has made of the office for themselves."""

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """A list as somebody wants to see it again: its filters, search, order and columns."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+"
    )
    list_name = models.CharField(max_length=100, help_text="Of its page: `students_student`.")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True, help_text="As in the address.")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            # Also: which views has this user of this list?
            models.UniqueConstraint(
                fields=["user", "list_name", "name"], name="office_savedview_one_of_a_name"
            ),
            models.CheckConstraint(
                condition=~models.Q(name=""),
                name="office_savedview_named",
                violation_error_message="A view has a name.",
            ),
        )

    def __str__(self) -> str:
        return self.name
