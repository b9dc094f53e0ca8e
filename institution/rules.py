"""What other apps know of settings: whether some can work together, and whether one may change.

An app names its rules in its AppConfig: `setting_rules = ("pos.services.zone_faults",)`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.apps import apps
from django.utils.module_loading import import_string

# Says what a setting would be.
ValueOf = Callable[[Any], Any]
# What is wrong with those values, by the name of the setting.
Rule = Callable[[ValueOf], Mapping[str, str]]


def faults(value_of: ValueOf) -> dict[str, str]:
    found: dict[str, str] = {}
    for rule in _rules():
        found |= rule(value_of)
    return found


def _rules() -> Iterator[Rule]:
    for config in apps.get_app_configs():
        for path in getattr(config, "setting_rules", ()):
            yield import_string(path)
