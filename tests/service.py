"""A service on this machine that answers as PyPI's JSON API and OSV's query do."""

import contextlib
import http.server
import json
import threading

WITHDRAWN = "withdrawn"


def advisory(name, *aliases, fixed=(), summary="Something is wrong.", withdrawn=None):
    """What is known of one vulnerability, of which either service makes its own shape."""
    return {"id": name, "aliases": list(aliases), "fixed": list(fixed), "summary": summary, "withdrawn": withdrawn}


def pypi(name, version, advisories):
    """https://pypi.org/pypi/NAME/VERSION/json, as far as it matters."""
    return {
        "info": {"name": name, "version": version},
        "last_serial": 1,
        "urls": [],
        "vulnerabilities": [
            {
                "id": item["id"],
                "aliases": item["aliases"],
                "details": f"{item['summary']}\nIn detail, and over several lines.",
                "summary": item["summary"],
                "fixed_in": item["fixed"],
                "link": f"https://osv.dev/vulnerability/{item['id']}",
                "source": "osv",
                "withdrawn": item["withdrawn"],
            }
            for item in advisories
        ],
    }


def osv(name, version, advisories):
    """https://api.osv.dev/v1/query"""
    if not advisories:
        return {}
    return {
        "vulns": [
            {
                "schema_version": "1.7.3",
                "id": item["id"],
                "aliases": item["aliases"],
                "summary": item["summary"],
                "details": "In detail.\n",
                "modified": "2026-01-01T00:00:00Z",
                "published": "2025-01-01T00:00:00Z",
                **({"withdrawn": item["withdrawn"]} if item["withdrawn"] else {}),
                "affected": [
                    {
                        "package": {"name": name, "ecosystem": "PyPI"},
                        "ranges": [
                            {
                                "type": "ECOSYSTEM",
                                "events": [{"introduced": "0"}, *({"fixed": fixed} for fixed in item["fixed"])],
                            }
                        ],
                    }
                ],
            }
            for item in advisories
        ]
    }


class Fake:
    """``known`` holds, by name and version, advisories, or what is sent in place of an answer.

    That is a status (int), bytes of the body, or a function that gets the request's handler. ``asked`` are the
    questions. What is not known is 404 to those who ask as of PyPI, and clean to those who ask as of OSV.
    """

    def __init__(self, known):
        self.known = known
        self.asked = []
        self.agents = set()
        self.stop = threading.Event()

    def answer(self, handler, name, version, shape):
        self.asked.append((name, version))
        self.agents.add(handler.headers["User-Agent"])
        found = self.known.get((name, version), 404 if shape is pypi else [])
        if callable(found):
            found(handler, self)
            return
        if isinstance(found, int):
            status, body = found, b"<html>no</html>"
        else:
            status, body = 200, found if isinstance(found, bytes) else json.dumps(shape(name, version, found)).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@contextlib.contextmanager
def serving(known):
    """A running service: the object, its address for PyPI and that for OSV."""
    fake = Fake(known)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            _, prefix, name, version, last = self.path.split("/")
            assert (prefix, last) == ("pypi", "json")
            fake.answer(self, name, version, pypi)

        def do_POST(self):
            assert self.path == "/v1/query"
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert query["package"]["ecosystem"] == "PyPI"
            fake.answer(self, query["package"]["name"], query["version"], osv)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake, f"{address}/pypi", f"{address}/v1/query"
    finally:
        fake.stop.set()
        server.shutdown()
        thread.join()
        server.server_close()


def silent(handler, fake):
    """Says nothing until the test is over."""
    fake.stop.wait(30)


def dripping(handler, fake):
    """Promises an answer, and sends it byte by byte."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not fake.stop.wait(0.05):
        try:
            handler.wfile.write(b" ")
        except OSError:
            return


def cut(handler, fake):
    """Ends in the middle of an answer."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"vulnerabilities": [')
    handler.close_connection = True


def circling(handler, fake):
    """Redirects to itself."""
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.send_header("Content-Length", "0")
    handler.end_headers()
