"""What others read in mails: Python's own parser of mail and HTML, the library icalendar, and circuit-maintenance-parser.

usage: judge.py FILE...

Prints a list with what each mail says. It ends with an error where a mail cannot be read as it should be: defects that the
parser finds, headers or parts that do not belong there, elements, attributes or addresses in HTML that are not ours, a
calendar with properties that nobody meant, or one that programs of customers cannot read.
"""

import email
import email.policy
import html.parser
import json
import pathlib
import re
import sys

import icalendar
from circuit_maintenance_parser import NotificationData, init_provider

HEADERS = {
    "from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted",
    "x-auto-response-suppress", "list-id", "list-unsubscribe", "list-unsubscribe-post", "mime-version", "content-type",
}
ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "div", "h1", "h2", "p", "br", "table", "tr", "th", "td", "ul", "li",
    "span", "pre", "a",
}
ATTRIBUTES = {
    "html": {"lang"}, "meta": {"charset", "name", "content"}, "div": {"class"}, "p": {"class"}, "table": {"class"},
    "th": {"scope"}, "li": {"style"}, "span": {"class"}, "a": {"class", "href"},
}
EVENT = {
    "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "SEQUENCE", "STATUS", "URL", "TRANSP", "ORGANIZER",
    "X-MAINTNOTE-PROVIDER", "X-MAINTNOTE-ACCOUNT", "X-MAINTNOTE-MAINTENANCE-ID", "X-MAINTNOTE-OBJECT-ID",
    "X-MAINTNOTE-IMPACT", "X-MAINTNOTE-STATUS",
}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.text, self.links, self.inside = [], [], []

    def handle_starttag(self, tag, attributes):
        assert tag in ELEMENTS, f"<{tag}>"
        for name, value in attributes:
            assert name in ATTRIBUTES.get(tag, ()), f"<{tag} {name}>"
            if name == "href":
                self.links.append(value)
            if name == "style":
                assert value.removeprefix("padding-left:").removesuffix("px").isdigit(), value
        if tag not in ("meta", "br"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        assert self.inside and self.inside.pop() == tag, f"</{tag}>"

    def handle_data(self, data):
        if "style" not in self.inside and "title" not in self.inside:
            self.text.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"<!--{data}")

    def unknown_decl(self, data):
        raise AssertionError(f"<![{data}")

    def handle_pi(self, data):
        raise AssertionError(f"<?{data}")


def read_page(content):
    page = Page()
    page.feed(content)
    page.close()
    assert page.inside == [], page.inside
    return {"text": " ".join("".join(page.text).split()), "links": page.links, "html": content}


def text(content, name):
    """A text as RFC 5545, 3.3.11 reads it; this version of icalendar takes an escaped backslash before an n for a line break."""
    (line,) = [line for line in icalendar.parser.Contentlines.from_ical(content) if line.startswith(name + ":")]
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], line[len(name) + 1:])


def read_calendar(part, raw):
    content = part.get_payload(decode=True)
    for line in content.split(b"\r\n"):
        assert len(line) <= 75, f"a line of {len(line)} bytes"
        assert b"\n" not in line and b"\r" not in line, line
    calendar = icalendar.Calendar.from_ical(content)
    assert calendar.errors == [], calendar.errors
    assert set(calendar) <= {"VERSION", "PRODID", "METHOD"}, set(calendar)
    (event,) = calendar.subcomponents
    assert event.name == "VEVENT" and event.subcomponents == [] and event.errors == []
    assert set(event) == EVENT, set(event) ^ EVENT
    objects = event["X-MAINTNOTE-OBJECT-ID"]
    found = {
        "file": part.get_filename(),
        "charset": part.get_content_charset(),
        "parameter": part.get_param("method"),
        "method": str(calendar.get("METHOD", "")),
        "uid": str(event["UID"]),
        "sequence": int(event["SEQUENCE"]),
        "status": str(event["STATUS"]),
        "summary": text(content, "SUMMARY"),
        "description": text(content, "DESCRIPTION"),
        "start": event.decoded("DTSTART").isoformat(),
        "end": event.decoded("DTEND").isoformat(),
        "stamp": event.decoded("DTSTAMP").isoformat(),
        "url": str(event["URL"]),
        "organizer": [str(event["ORGANIZER"]), event["ORGANIZER"].params["CN"]],
        "objects": [str(one) for one in (objects if isinstance(objects, list) else [objects])],
        "impact": str(event["X-MAINTNOTE-IMPACT"]),
        "maintnote_status": str(event["X-MAINTNOTE-STATUS"]),
        "account": str(event["X-MAINTNOTE-ACCOUNT"]),
        "provider": str(event["X-MAINTNOTE-PROVIDER"]),
    }
    # As programs of customers read such mails.
    data = NotificationData.init_from_email_bytes(raw)
    (noticed,) = init_provider("genericprovider").get_maintenances(data)
    found["noticed"] = {
        "maintenance": noticed.maintenance_id,
        "status": noticed.status.value,
        "start": noticed.start,
        "end": noticed.end,
        "circuits": sorted([circuit.circuit_id, circuit.impact.value] for circuit in noticed.circuits),
        "sequence": noticed.sequence,
        "uid": noticed.uid,
    }
    return found


def read_mail(file):
    raw = pathlib.Path(file).read_bytes()
    assert raw.isascii()
    for line in raw.replace(b"\r\n", b"\n").split(b"\n"):
        assert b"\r" not in line and len(line) <= 998, line
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    names = [name.lower() for name in mail.keys()]
    assert len(names) == len(set(names)), names
    assert set(names) <= HEADERS, set(names) - HEADERS
    found = {"headers": {name.lower(): str(value) for name, value in mail.items() if name.lower() != "content-type"}}
    assert all(address.addr_spec for address in mail["From"].addresses)
    found["recipients"] = [address.addr_spec for address in mail["To"].addresses]
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    for part in mail.walk():
        assert part.defects == [], part.defects
        assert all(value.defects == () for _, value in part.items()), part.items()
    kinds = [part.get_content_type() for part in leaves]
    assert kinds in (["text/plain", "text/html"], ["text/plain", "text/html", "text/calendar"]), kinds
    assert mail.get_body(("html",)) is leaves[1] and mail.get_body(("plain",)) is leaves[0]
    found["plain"] = leaves[0].get_content().replace("\r\n", "\n")
    found["page"] = read_page(leaves[1].get_content().replace("\r\n", "\n"))
    found["calendar"] = read_calendar(leaves[2], raw) if len(leaves) == 3 else None
    return found


def read(file):
    try:
        return read_mail(file)
    except Exception as error:
        sys.exit(f"{file}: {type(error).__name__}: {error}\n{pathlib.Path(file).read_text()}")


print(json.dumps([read(file) for file in sys.argv[1:]]))
