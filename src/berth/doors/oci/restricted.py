"""Pulls that a rule of the image may stand against: waited for, looked at closely, and served, warned of or refused."""

from dataclasses import dataclass, replace
from urllib.parse import quote

from berth.doors import addresses
from berth.doors.http import in_thread
from berth.doors.oci.request import Request
from berth.registry.images import Image
from berth.registry.quick import PulledManifest
from berth.restriction import judging, refused, subjects, teaching
from berth.restriction.refused import Pull
from berth.restriction.teaching import Lesson
from berth.scan.queue import GOING_ON
from berth.words.actions import Action
from berth.words.errors import ManifestUnknown, PullRestricted
from berth.words.names import Reference


@dataclass(frozen=True)
class Held:
    request: Request
    found: PulledManifest
    reference: Reference
    warning: str = ""
    """What it is served with."""


async def settled(held: Held) -> Held:
    """Return what may be served. Raises `PullRestricted`, `ManifestUnknown`, `ClientGone`."""
    seconds = _patience(held)
    if seconds and not await in_thread(may_pass, held.request):
        held = await _scanned(held, seconds)
    return await in_thread(_settle, held)


def may_pass(request: Request) -> bool:
    """Whether the caller has the right that passes all rules.

    Clients cannot ask for it, so what a token was issued for does not narrow it; the scopes of a key do.
    """
    own = request.parts.gate.standing(request.caller.principal, request.path, request.caller.version).actions
    return request.is_scan or Action.PULL_RESTRICTED in own


def _patience(held: Held) -> int:
    """For how many seconds the image lets this pull wait, where a scan that goes on may let it pass."""
    found, asked = held.found, judging.rules(held.found.pull, held.found.scan).pull
    stopped = asked.restrict_unscanned and asked.mode == "enforce"
    return asked.wait_seconds if stopped and _goes_on(found) and not found.quarantined_by else 0


def _goes_on(found: PulledManifest) -> bool:
    """One that waits for advisories, or rests because something was in its way, is nothing to wait for."""
    return found.kind == "image" and not found.tally and found.scan_state in GOING_ON and not found.scan_code


async def _scanned(held: Held, seconds: int) -> Held:
    now = held

    async def over() -> bool:
        nonlocal now
        now = await in_thread(_again, now)
        return not _patience(now)  # the scan is over, or whoever rules the image has thought otherwise

    await held.request.parts.waits.until(over, held.request.receive, seconds)
    return now


def _again(held: Held) -> Held:
    request = held.request
    found = request.parts.quick.pulled(request.place.repository_id, request.path.image, held.reference)
    return replace(held, found=found)


def _settle(held: Held) -> Held:
    request, at = held.request, held.request.site.now()
    found = Image(held.found.image_id, request.place.repository_id or 0, request.path, born=True)
    permitted = may_pass(request)
    with request.site.db.read() as tx:
        subject = subjects.some(tx, [held.found.id]).get(held.found.id)
        if subject is None:
            raise ManifestUnknown(str(held.reference))
        rules = judging.rules_of(tx, found.id)
        verdict = judging.verdicts(tx, found.id, [subject], rules, at=at, permitted=permitted)[subject.id]
        if not verdict.reasons:
            return held
        lesson = teaching.of(tx, found, subject, str(held.reference), verdict, rules, at=at)
    report = _report(request, lesson)
    _count(request, found, lesson, report)
    if not verdict.allowed:
        raise PullRestricted(teaching.message(lesson, report), teaching.facts(lesson, report))
    return replace(held, warning=teaching.warning(lesson, report) if verdict.outcome == "warned" else "")


def _report(request: Request, lesson: Lesson) -> str:
    here = addresses.external_url(request.site.settings, request.scope)
    return f"{here}/console/images/{quote(lesson.path)}/-/tags/{lesson.digest}/vulnerabilities"


def _count(request: Request, found: Image, lesson: Lesson, report: str) -> None:
    at, verdict = request.site.now(), lesson.verdict
    rule, principal = verdict.reasons[0].rule, str(request.caller.principal)
    key = refused.Key(found.id, lesson.digest, principal, verdict.outcome, rule, at.date())
    facts = teaching.facts(lesson, report)
    request.parts.refusals.count(key, Pull(lesson.name, lesson.reference, facts, request.caller.actor, at))
