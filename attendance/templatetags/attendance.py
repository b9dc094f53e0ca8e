"""How the office's pages show a status of a day."""

from django import template

from attendance.office.status import status_chip, status_label

register = template.Library()
register.filter("status_chip", status_chip)
register.filter("status_label", status_label)
