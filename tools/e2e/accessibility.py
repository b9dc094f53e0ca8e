"""What axe-core finds wrong with a page (WCAG 2.2 A and AA)."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SERIOUS = {"serious", "critical"}
# A page that is not accessible in its last state of rest is what counts, not one that fades in.
RUN = """async (rules) => {
  await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
  const found = await axe.run(document, {
    runOnly: rules, resultTypes: ["violations"], preload: false,
  });
  return found.violations;
}"""


def violations(page: Page) -> list[str]:
    """The serious and critical ones, each with the elements that it is about."""
    # Evaluated by the debugger, which the page's content security policy does not concern.
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(RUN, RULES)
    return [_in_words(violation) for violation in found if violation["impact"] in SERIOUS]


def _in_words(violation: dict[str, Any]) -> str:
    places = [f"{node['html'][:160]} ({node['failureSummary']})" for node in violation["nodes"][:3]]
    return f"{violation['id']}: {violation['help']}: {places}"
