"""A client that is given one URL and finds, registers, signs in, calls and leaves by itself, over the real endpoints and
pages of what compose.yaml brought up. Ends with an error at the first step that is not as it should be.

usage: drive.py http://localhost:8080/mcp
"""

import base64
import hashlib
import html.parser
import http.cookiejar
import json
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

CALLBACK = "http://127.0.0.1:33418/callback"
PERSON = {"email": "ada@demo.peaka.local", "password": "analytical-engine"}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Forms(html.parser.HTMLParser):
    """The forms of a page with what a browser without scripts would send, and where the page goes by itself."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.refresh = [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        at = dict(attributes)
        if tag == "meta" and at.get("http-equiv") == "refresh":
            self.refresh = at["content"].split("url=", 1)[1]
        elif tag == "form":
            self.forms.append({"action": at.get("action", ""), "fields": [], "buttons": []})
        elif tag == "button" and self.forms:
            self.forms[-1]["buttons"].append(at.get("value"))
        elif tag == "input" and self.forms and (at.get("type") == "hidden" or "checked" in at):
            self.forms[-1]["fields"].append((at["name"], at.get("value", "")))


class Browser:
    def __init__(self):
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(NoRedirect, jar)
        self.at = None

    def send(self, url, data=None, headers=None):
        """Status, headers and text of the answer."""
        request = urllib.request.Request(url, data=data, headers=headers or {})
        try:
            answer = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.headers, answer.read().decode()

    def open(self, url, data=None):
        headers = {"sec-fetch-site": "same-origin"} if data else {}
        for _ in range(10):
            self.at = url
            status, headers_back, text = self.send(url, data, headers)
            if "location" not in headers_back:
                expect(status == 200, f"{url}: {status} {text[:300]}")
                return Forms(text), text
            url, data, headers = urllib.parse.urljoin(url, headers_back["location"]), None, {}
        raise SystemExit("the pages redirect in a circle")

    def submit(self, form, **more):
        fields = urllib.parse.urlencode(form["fields"] + list(more.items())).encode()
        return self.open(urllib.parse.urljoin(self.at, form["action"]), fields)


def expect(holds, said):
    if not holds:
        raise SystemExit(f"not so: {said}")


def say(text):
    print(f"ok: {text}", flush=True)


def main(url):
    client = Browser()
    status, headers, _ = client.send(url, b"{}", {"content-type": "application/json"})
    expect(status == 401, f"401 without a token, not {status}")
    metadata = headers["www-authenticate"].split('resource_metadata="')[1].split('"')[0]
    resource = json.loads(client.send(metadata)[2])
    expect(resource["resource"] == url, "the resource is the URL that was given")
    issuer = resource["authorization_servers"][0]
    server = json.loads(client.send(f"{issuer}/.well-known/oauth-authorization-server")[2])
    say("found the authorization server by the refusal")

    registration = json.dumps({"client_name": "Tour", "redirect_uris": [CALLBACK]}).encode()
    status, _, text = client.send(server["registration_endpoint"], registration, {"content-type": "application/json"})
    expect(status == 201, f"registration: {status} {text}")
    client_id = json.loads(text)["client_id"]
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = urllib.parse.urlencode({
        "response_type": "code", "client_id": client_id, "redirect_uri": CALLBACK, "state": "tour",
        "code_challenge": challenge, "code_challenge_method": "S256", "resource": url,
    })
    say("registered")

    person = Browser()
    page, text = person.open(f"{server['authorization_endpoint']}?{query}")
    expect("Tour" in text, "the first page names the client")
    page, _ = person.submit(page.forms[0])
    page, _ = person.open(page.refresh)
    page, _ = person.submit(page.forms[0], **PERSON)
    page, text = person.submit(page.forms[0], decision="authorize")
    expect(PERSON["email"] in text, "the consent page names the person")
    (form,) = [form for form in page.forms if "approve" in form["buttons"]]
    page, _ = person.submit(form, decision="approve")
    back = urllib.parse.urlsplit(page.refresh)
    answer = dict(urllib.parse.parse_qsl(back.query))
    expect(page.refresh.startswith(CALLBACK) and answer["iss"] == issuer, "the browser is back at the client")
    say("signed in and consented")

    def token(**form):
        data = urllib.parse.urlencode({"client_id": client_id, **form}).encode()
        status, _, text = client.send(server["token_endpoint"], data)
        expect(status == 200, f"token: {status} {text}")
        return json.loads(text)

    tokens = token(grant_type="authorization_code", code=answer["code"], code_verifier=verifier, redirect_uri=CALLBACK, resource=url)
    tokens = token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    say("redeemed and refreshed")

    def mcp(method, **params):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {
            "authorization": f"Bearer {tokens['access_token']}", "content-type": "application/json",
            "accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25",
        }
        return client.send(url, json.dumps(message).encode(), headers)

    def tool(name, **arguments):
        status, _, text = mcp("tools/call", name=name, arguments=arguments)
        expect(status == 200, f"{name}: {status} {text}")
        result = json.loads(text)["result"]
        expect(not result.get("isError"), f"{name}: {text}")
        return result["structuredContent"]

    # So often that every gateway and every backend has its turn.
    for _ in range(30):
        project = tool("peaka_list_projects")["projects"][0]["projectId"]
        rows = tool("peaka_execute_sql_query", projectId=project, query="SELECT current_user_props('email') AS email")
        expect(rows["rows"][0][0] == PERSON["email"], "Peaka answered for that person")
    say("60 tool calls, each as the person who signed in")

    data = urllib.parse.urlencode({"client_id": client_id, "token": tokens["refresh_token"]}).encode()
    expect(client.send(server["revocation_endpoint"], data)[0] == 200, "the revocation is taken")
    time.sleep(1)  # What is promised: every replica knows within a second.
    for _ in range(10):
        expect(mcp("tools/list")[0] == 401, "the token is refused at every replica")
    say("revoked, and refused everywhere")


main(sys.argv[1])
