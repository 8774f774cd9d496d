"""What pages must be for everyone, as axe-core judges it."""

import functools
import importlib.util
from pathlib import Path

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@functools.cache
def _axe_source():
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None:
        raise RuntimeError("axe-core is missing: run this with scripts/browser-python.sh")
    return next(Path(spec.submodule_search_locations[0]).rglob("axe.min.js")).read_text()


def accessibility_faults(browser, *, only_contrast=False):
    """What axe finds on the page: every breach of WCAG, and of its further advice what is serious.

    It gets there by the driver, which the policy of the page does not bind."""
    if not browser.run("return typeof window.axe === 'object'"):
        browser.run(_axe_source())
    violations = browser.driver.execute_async_script("""
        const done = arguments[arguments.length - 1]
        axe.run(document, { runOnly: arguments[0], resultTypes: ['violations'] })
            .then(result => done(result.violations), error => done([{ id: String(error), impact: 'critical',
                tags: [], nodes: [] }]))""", ["color-contrast"] if only_contrast else AXE_TAGS)
    faults = []
    for violation in violations:
        breaks_wcag = any(tag.startswith("wcag") for tag in violation["tags"])
        if not breaks_wcag and violation["impact"] not in ("serious", "critical"):
            continue
        nodes = [f"  {node['target']}: {node['failureSummary']}" for node in violation["nodes"]]
        faults.append("\n".join([f"{violation['id']} ({violation['impact']})", *nodes]))
    return faults


def assert_accessible(browser, what=None, *, only_contrast=False):
    faults = accessibility_faults(browser, only_contrast=only_contrast)
    if faults:
        raise AssertionError(f"{what or browser.path} is not accessible:\n" + "\n".join(faults))
