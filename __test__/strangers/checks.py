"""Counts checks and prints one line for each, and a closing line with the counts."""
import sys
import traceback

passed = failed = 0


def check(name, run):
    """Runs one check; a failed one does not keep the others from running."""
    global passed, failed
    try:
        run()
        passed += 1
        print(f"ok {name}")
    except Exception:
        failed += 1
        print(f"FAILED {name}: {traceback.format_exc()}")


def equal(seen, wanted):
    assert seen == wanted, f"{seen!r} instead of {wanted!r}"


def report():
    """Prints the counts and ends the process."""
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if failed == 0 else 1)
