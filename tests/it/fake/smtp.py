"""A server that takes mail, for the tests: aiosmtpd, which is not ours, with moods that depend on the recipient.

usage: smtp.py FOLDER JSON

JSON: {"tls": "none" | "starttls" | "tls", "required": false, "login": ["name", "password"] | null}

It prints its port, then a line `held` for each mail that it holds. It ends when its standard input does; a line there lets
held mails go on. In FOLDER each mail that it took is NNNN.eml with NNNN.json beside it, written before it answers, and
`talk` has a line for each connection, each refusal and each mail; `log` is the server's own.

What the part of an address before the @ begins with:
- greylist: the first time 451, then it is taken
- unknown: 550, there is nobody
- closed: 550 5.7.1, only members may write there
- full: 452
- spam: the mail itself is refused
- drop: taken, and the connection is cut instead of an answer, the first time; dropping: every time
- hold: taken, and it answers when it is let go
"""

import asyncio
import json
import logging
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder = pathlib.Path(sys.argv[1])
settings = json.loads(sys.argv[2])
certificates = pathlib.Path(__file__).parents[2] / "data" / "mail"
released = asyncio.Event()
logging.basicConfig(filename=folder / "log", level=logging.WARNING)


def talk(line):
    with open(folder / "talk", "a", encoding="utf-8") as log:
        log.write(line + "\n")


class Moods:
    def __init__(self):
        self.seen = set()
        self.count = 0

    def first(self, address):
        is_first = address not in self.seen
        self.seen.add(address)
        return is_first

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.answer(address)
        if answer:
            talk(f"{address} {answer}")
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def answer(self, address):
        if address.startswith("greylist") and self.first(address):
            return "451 4.7.1 Greylisted, come back later"
        if address.startswith("unknown"):
            return "550 5.1.1 No such user here"
        if address.startswith("closed"):
            return "550 5.7.1 Members only"
        if address.startswith("full"):
            return "452 4.2.2 Mailbox full"
        return None

    async def handle_DATA(self, server, session, envelope):
        to = envelope.rcpt_tos[0]
        if to.startswith("spam"):
            talk(f"{to} 550 spam")
            return "550 5.7.0 This looks like spam"
        self.count += 1
        about = {
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "tls": session.ssl is not None or settings["tls"] == "tls",
            "login": session.auth_data.login.decode() if session.auth_data else None,
        }
        (folder / f"{self.count:04}.eml").write_bytes(envelope.original_content)
        (folder / f"{self.count:04}.json").write_text(json.dumps(about), encoding="utf-8")
        talk(f"{to} taken")
        if to.startswith("dropping") or (to.startswith("drop") and self.first(to)):
            server.transport.abort()
        if to.startswith("hold"):
            print("held", flush=True)
            await released.wait()
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    given = [data.login.decode(), data.password.decode()]
    is_right = given == settings["login"]
    if not is_right:
        talk(f"{mechanism} refused")
    # A server that repeats what was said to it, as some do.
    answer = None if is_right else f"535 5.7.8 wrong: {given[1]}"
    return AuthResult(success=is_right, handled=False, auth_data=data, message=answer)


def context():
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    return made


class Server(SMTP):
    def connection_made(self, transport):
        if not self.transport:
            talk("connected")
        super().connection_made(transport)


async def main():
    tls, login = settings["tls"], settings["login"]
    moods = Moods()

    def server():
        return Server(
            moods,
            hostname="mail.test",
            tls_context=context() if tls == "starttls" else None,
            require_starttls=tls == "starttls" and settings["required"],
            authenticator=authenticate if login else None,
            auth_required=bool(login),
            auth_require_tls=tls == "starttls",
            auth_exclude_mechanism=settings.get("exclude", []),
            loop=asyncio.get_running_loop(),
        )

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(server, "127.0.0.1", 0, ssl=context() if tls == "tls" else None)
    print(listening.sockets[0].getsockname()[1], flush=True)
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        released.set()


asyncio.run(main())
