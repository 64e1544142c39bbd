"""A git remote over HTTP: the repositories of the working directory, below /private for user "u" with password "secret" only.

Writes its port to the file that its argument names, and serves on the loopback interface.
"""

import base64
import http.server
import os
import subprocess
import sys

PRIVATE = "/private/"
EXPECTED = "Basic " + base64.b64encode(b"u:secret").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    def serve(self):
        path, _, query = self.path.partition("?")
        if path.startswith(PRIVATE):
            path = path[len(PRIVATE) - 1 :]
            if self.headers.get("Authorization") != EXPECTED:
                self.respond(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"")
                return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environment = dict(
            os.environ,
            GIT_PROJECT_ROOT=os.getcwd(),
            GIT_HTTP_EXPORT_ALL="1",
            PATH_INFO=path,
            QUERY_STRING=query,
            REQUEST_METHOD=self.command,
            CONTENT_TYPE=self.headers.get("Content-Type") or "",
            CONTENT_LENGTH=str(len(body)),
            REMOTE_USER="u",
            REMOTE_ADDR="127.0.0.1",
        )
        output = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True).stdout
        head, _, rest = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.respond(int(headers.pop("Status", "200").split()[0]), headers, rest)

    def respond(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = serve

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".part", "w") as file:
    file.write(str(server.server_port))
os.rename(sys.argv[1] + ".part", sys.argv[1])
server.serve_forever()
