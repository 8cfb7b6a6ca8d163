"""Running a load test from beginning to end."""

from hub.bench.load import Load
from hub.bench.progress import Display
from hub.bench.report import Report
from hub.bench.rig import Rig
from hub.bench.scenarios import SCENARIOS


def run(url: str, key: str, load: Load, display: Display) -> Report:
    """Run `load` against the hub at `url`; what was found.

    It writes to the hub: sessions titled `hub bench`, which it deletes in the end, also when it is
    interrupted.

    Args:
        url: Base URL.
        key: API key that may manage, publish and subscribe.
        load: What to do.
        display: Shows how far it is.

    Raises:
        BenchError: it cannot go on.
        HubProblem: the hub refused, or could not be reached.
    """
    rig = Rig(url, key, load, display)
    SCENARIOS[load.scenario](rig)
    return rig.report
