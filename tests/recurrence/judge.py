"""Compares what random rules come to with python-dateutil, croniter and recurring-ical-events.

Reads the lines that the test `random_rules_are_written_for_the_judge` wrote. Zone rules come from the package tzdata
alone (PYTHONTZPATH is empty). A wall-clock time is placed as PEP 495 places it with fold=0: one that the clocks skip
moves on by the gap, of one that they show twice the first is taken. That is our rule as well.

What is the judge's own and is made even here before it judges:
- BYWEEKNO without BYDAY: dateutil takes the whole week, RFC 5545 the weekday of DTSTART. It is given that weekday.
- Two times on one instant: a skipped time that moves on to another time of the same rule is dropped here too.
- recurring-ical-events counts DTSTART always, RFC 5545 leaves it open when the rule does not match it; it judges only
  rules whose start is their first time, and only times that the clocks neither skip nor repeat.
- croniter is asked in wall-clock time, since it has rules of its own about changes of the clocks; and a range of one
  number (`5-5`), which it takes for the whole field, is given to it as that number.
- dateutil looks for the next time up to the year 9999, which takes minutes for a rule that has none; here it stops in 2040.
- dateutil refuses an hourly rule whose steps never meet its BYHOUR; that counts as no occurrence.
- The package tzdata is of the release that is compiled into the program: a zone that a later release changes would differ.
The rules that are made leave out BYSETPOS in weekly rules (dateutil counts the first week from DTSTART on) and plain
beside numbered weekdays (dateutil takes both for a restriction, RFC 5545 for a sum).
"""

import datetime
import json
import re
import sys
import types
import zoneinfo

import croniter
import icalendar
import recurring_ical_events
from dateutil import rrule

COMPARED = 12
END = datetime.datetime(2038, 1, 1)
STAMP = "%Y%m%dT%H%M%S"
# One rule in so many also goes to recurring-ical-events, which is slow.
CALENDAR_EVERY = 3

# The name under which dateutil finds its last year.
rrule.datetime = types.SimpleNamespace(**{**vars(datetime), "MAXYEAR": 2040})

weekday_codes = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def parse(text):
    return datetime.datetime.strptime(text, STAMP)


def place(wall, zone):
    """The instant in UTC, and whether the clocks skip or repeat that time."""
    aware = wall.replace(tzinfo=zone, fold=0)
    instant = aware.astimezone(datetime.timezone.utc)
    special = aware.utcoffset() != wall.replace(tzinfo=zone, fold=1).utcoffset()
    back = instant.astimezone(zone).replace(tzinfo=None)
    return int(instant.timestamp()), special, back


def rule_walls(case):
    start = parse(case["start"])
    text = case["rule"]
    if "BYWEEKNO" in text and "BYDAY" not in text and "BYMONTHDAY" not in text:
        text += ";BYDAY=" + weekday_codes[start.weekday()]
    rules = rrule.rruleset()
    try:
        rules.rrule(rrule.rrulestr(text, dtstart=start))
    except ValueError as error:
        if "empty set" not in str(error):
            raise
    for date in case["also"]:
        rules.rdate(parse(date))
    for date in case["except"]:
        rules.exdate(parse(date))
    return rules


def cron_text(case):
    return re.sub(r"\b(\d+)-\1\b", r"\1", case["cron"])


def cron_walls(case, after):
    begin = parse(case["start"]) - datetime.timedelta(seconds=1)
    begin = max(begin, after) if after else begin
    # croniter counts whole minutes from the one it is in.
    try:
        walls = croniter.croniter(cron_text(case), begin, ret_type=datetime.datetime, max_years_between_matches=20)
        while True:
            yield walls.get_next()
    except croniter.CroniterBadDateError:
        return


def expected(case, zone):
    after = parse(case["after"]) if case.get("after") else None
    if "cron" in case:
        walls = cron_walls(case, after)
        contains = lambda wall: croniter.croniter.match(cron_text(case), wall)
    else:
        rules = rule_walls(case)
        walls = rules.xafter(after) if after else iter(rules)
        contains = lambda wall: rules.between(wall, wall, inc=True) != []
    found, special_seen = [], False
    for wall in walls:
        if wall >= END or len(found) == COMPARED:
            break
        instant, special, back = place(wall, zone)
        special_seen |= special
        if back != wall and contains(back):
            continue
        found.append([wall.strftime(STAMP), instant])
    return found, special_seen


def from_calendar(case):
    """The same from an iCalendar file, as a calendar program shows it."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:judge", "BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z",
        f"DTSTART;TZID={case['zone']}:{case['start']}", "DURATION:PT1H", f"RRULE:{case['rule']}",
    ]
    for name, dates in (("RDATE", case["also"]), ("EXDATE", case["except"])):
        lines += [f"{name};TZID={case['zone']}:{date}" for date in dates]
    lines += ["END:VEVENT", "END:VCALENDAR", ""]
    calendar = icalendar.Calendar.from_ical("\r\n".join(lines))
    last = parse(case["ours"][-1][0]) + datetime.timedelta(days=1)
    events = recurring_ical_events.of(calendar).between(parse(case["start"]).date(), last.date())
    starts = sorted(int(event["DTSTART"].dt.timestamp()) for event in events)
    return starts[: len(case["ours"])]


def main(path):
    zones, count, wrong, calendars, occurrences, crons = {}, 0, 0, 0, 0, 0
    for line in open(path, encoding="utf-8"):
        case = json.loads(line)
        count += 1
        crons += "cron" in case
        zone = zones.setdefault(case["zone"], zoneinfo.ZoneInfo(case["zone"]))
        judged, special = expected(case, zone)
        occurrences += len(judged)
        if judged != case["ours"]:
            wrong += 1
            if wrong <= 10:
                print(f"differs: {line.strip()}\n  judge: {json.dumps(judged)}", file=sys.stderr)
            continue
        simple = "rule" in case and not case.get("after") and not special and "UNTIL" not in case["rule"]
        starts = judged and judged[0][0] == case["start"] and "BYWEEKNO" not in case.get("rule", "")
        if count % CALENDAR_EVERY == 0 and simple and starts and "HOURLY" not in case["rule"]:
            calendars += 1
            shown = from_calendar(case)
            if shown != [instant for _, instant in case["ours"]]:
                wrong += 1
                print(f"differs from the calendar: {line.strip()}\n  calendar: {shown}", file=sys.stderr)
    print(
        f"{count} recurrences ({crons} cron), {occurrences} occurrences in {len(zones)} zones, {calendars} also as "
        f"calendar files, tzdata {version()}: {wrong} differ"
    )
    return 1 if wrong or count == 0 else 0


def version():
    import tzdata

    return tzdata.IANA_VERSION


sys.exit(main(sys.argv[1]))
