"""What an administrator is told by e-mail of their own account."""

from textwrap import fill

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils.translation import gettext, gettext_noop, override
from django_q.tasks import async_task

from accounts.models import User
from institution.declared import INSTITUTION_SHORT_NAME
from institution.mail import mail_is_set_up, sender
from institution.reading import setting

LINE = 96  # letters
SUBJECT = gettext_noop("A key of your account was used twice")
KEY_WAS_COPIED = gettext_noop(
    "A key of your account {username} at {institution} was used twice. Somebody may have copied it,"
    " so it works no longer: you have to sign in again. If you do not know why it happened, change"
    " your password now:"
)


def tell_by_mail(user: User) -> None:
    """By the background worker, once the transaction is written; nothing if no address is known."""
    if user.email and mail_is_set_up():
        told = str(user.pk)
        transaction.on_commit(lambda: async_task("accounts.mail.send_token_was_copied", told))


def send_token_was_copied(admin_id: str) -> None:
    user = User.objects.get(pk=admin_id)
    names = {"username": user.username, "institution": setting(INSTITUTION_SHORT_NAME)}
    subjects, texts = [], []
    for language, _name in settings.LANGUAGES:  # nobody knows which of them this user reads
        with override(language):
            subjects.append(gettext(SUBJECT))
            texts.append(fill(gettext(KEY_WAS_COPIED).format(**names), LINE))
    address = f"{settings.PUBLIC_URL}/admin/password_change/"
    body = "\n\n".join([*texts, address])
    send_mail(" · ".join(subjects), f"{body}\n", sender(), [user.email])
