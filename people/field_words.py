"""What people call the fields of the API: columns of a list, labels of a form."""

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FIELD_WORDS: Final[dict[str, "StrOrPromise"]] = {
    "academic_status": _("Academic status"),
    "badge_number": _("Badge number"),
    "card_name": _("Card name"),
    "class_code": _("Class code"),
    "class_level": _("Class level"),
    "company": _("Company"),
    "date_of_birth": _("Date of birth"),
    "department": _("Department"),
    "diet_note": _("Diet note"),
    "email": _("Email"),
    "employee_id": _("Employee id"),
    "employment_status": _("Employment status"),
    "enrolled_on": _("Enrolled on"),
    "expiry_date": _("Expiry date"),
    "expected_from": _("Expected from"),
    "expected_until": _("Expected until"),
    "first_name": _("First name"),
    "full_name": _("Full name"),
    "guardian1_email": _("Guardian1 email"),
    "guardian1_language": _("Guardian1 language"),
    "guardian1_name": _("Guardian1 name"),
    "guardian1_phone": _("Guardian1 phone"),
    "guardian1_relationship": _("Guardian1 relationship"),
    "guardian2_email": _("Guardian2 email"),
    "guardian2_language": _("Guardian2 language"),
    "guardian2_name": _("Guardian2 name"),
    "guardian2_phone": _("Guardian2 phone"),
    "guardian2_relationship": _("Guardian2 relationship"),
    "hire_date": _("Hire date"),
    "host": _("Host"),
    "is_active": _("Is active"),
    "left_on": _("Left on"),
    "middle_name": _("Middle name"),
    "phone_number": _("Phone number"),
    "position": _("Position"),
    "program": _("Program"),
    "purpose": _("Purpose"),
    "registration_number": _("Registration number"),
    "rfid_number": _("Card number"),
    "role": _("Role"),
    "security_id": _("Security id"),
    "staff_number": _("Staff number"),
    "staff_uuid": _("Staff uuid"),
    "student_status": _("Student status"),
    "student_uuid": _("Student uuid"),
    "surname": _("Surname"),
    "terminal_pin": _("Terminal pin"),
    "visitor_number": _("Visitor number"),
    "visitor_uuid": _("Visitor uuid"),
}


def field_word(name: str) -> str:
    """`class_code` as people say it; what is not listed as it is spelled."""
    return str(FIELD_WORDS.get(name) or name.replace("_", " ").capitalize())
