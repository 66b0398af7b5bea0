"""A gate in front of a homeserver: it lets everything through, and can be told to do something when
a request comes to it, before the server knows of that, or when the server has answered, before that
is known to who asked."""
import http.client
import http.server
import re
import socket
import threading
import urllib.parse

import irc

BEFORE, AFTER = 'before', 'after'
ENDS_HERE = {'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host'}


class Gate:
    """`base` is where it is. `passed` are the requests that the server has answered, in order:
    (method, path, status)."""

    def __init__(self, base):
        self.server = urllib.parse.urlsplit(base)
        self.passed = []
        self._watched = []  # (method, path's pattern, when, what is done)
        self._lock = threading.Lock()
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def handle_one_request(self):
                self.raw_requestline = self.rfile.readline(65537)
                if self.raw_requestline and self.parse_request():
                    gate.pass_on(self)
                else:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Door(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """Who asked is gone."""

        self._door = Door(('127.0.0.1', irc.free_port()), Handler)
        self.base = f'http://127.0.0.1:{self._door.server_port}'
        self._thread = threading.Thread(target=self._door.serve_forever, daemon=True)
        self._thread.start()

    def watch(self, method, path, when, do):
        """At the next such request, once: if `do` gives true it goes no further, and who asked
        hears no answer. `path` is a pattern, found anywhere."""
        with self._lock:
            self._watched.append((method, path, when, do))

    def _stops(self, method, path, when):
        with self._lock:
            found = next((watched for watched in self._watched if watched[0] == method
                          and watched[2] == when and re.search(watched[1], path)), None)
            if found:
                self._watched.remove(found)
        return bool(found and found[3]())

    def pass_on(self, asked):
        method, path = asked.command, asked.path
        body = asked.rfile.read(int(asked.headers.get('Content-Length') or 0))
        if self._stops(method, path, BEFORE):
            self._hang_up(asked)
            return
        server = http.client.HTTPConnection(self.server.hostname, self.server.port, timeout=120)
        try:
            server.request(method, path, body or None, {
                name: value for name, value in asked.headers.items()
                if name.lower() not in ENDS_HERE})
            answer = server.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._hang_up(asked)
            return
        finally:
            server.close()
        self.passed.append((method, path, answer.status))
        if self._stops(method, path, AFTER):
            self._hang_up(asked)
            return
        asked.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in ENDS_HERE:
                asked.send_header(name, value)
        asked.send_header('Content-Length', str(len(content)))
        asked.end_headers()
        asked.wfile.write(content)

    @staticmethod
    def _hang_up(asked):
        asked.close_connection = True
        try:
            asked.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # they were first

    def close(self):
        self._door.shutdown()
        self._door.server_close()
        self._thread.join(irc.WAIT_S)
