"""What a run beside other libraries finds, as data."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from .machine import Conditions


class PeerTiming(NamedTuple):
    """One workload of one peer: medians in microseconds; median and quartiles of the rounds' ratios.

    `difference` is that of the losses after the first steps, relative to the loss.
    """

    peer: str
    name: str
    title: str
    minidl_us: float
    peer_us: float
    ratio: float
    lower: float
    upper: float
    difference: float


class PeerReport(NamedTuple):
    """A whole run.  `absent`: what is not installed."""

    conditions: Conditions
    timings: list[PeerTiming]
    absent: list[str]


def to_json(report: PeerReport) -> str:
    """The report as a JSON object."""
    content = {
        "conditions": report.conditions._asdict(),
        "timings": [timing._asdict() for timing in report.timings],
        "absent": report.absent,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> PeerReport:
    """The report that `to_json` wrote."""
    content: dict[str, Any] = json.loads(text)
    timings = [PeerTiming(**timing) for timing in content["timings"]]
    return PeerReport(Conditions(**content["conditions"]), timings, content["absent"])
