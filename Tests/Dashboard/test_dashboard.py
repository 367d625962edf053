"""The dashboard in a real browser, on a real riskd that is asked what a recorded attack asked.

Steps run one after the other, because a case is worked on as people do: sign in, see a level rise, acknowledge, look, resolve.
Nothing is skipped: what cannot be run fails.
"""

import argparse
import pathlib
import re
import sys
import time
import traceback
import urllib.parse

from PIL import Image
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from riskd import ROOT, Riskd

ASSETS = ROOT / "Sources/CAssets/dashboard"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
REASON = "browser test: is this a near-duplicate?"
PAGES = ["overview", "alerts?state=all", "entities", "campaigns", "models", "detectors", "calibrations", "silences", "delivery"]


class Browser:
    """A browser whose pages may load nothing from elsewhere and may complain about nothing."""

    def __init__(self, riskd, playwright, program):
        self.riskd = riskd
        self.browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        self.complaints = []
        self.strangers = []

    def page(self, theme="dark", size=DESKTOP, state=None):
        context = self.browser.new_context(
            viewport=size, color_scheme=theme, storage_state=state, reduced_motion="reduce", base_url=self.riskd.origin
        )
        page = context.new_page()
        page.on("console", self.heard)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", self.asked)
        return page

    def heard(self, message):
        # Signing in is refused on purpose, and the first question of a page is who is signed in: browsers report both.
        refused = message.location.get("url", "").endswith(("/api/v1/session", "/api/v1/me")) and "401" in message.text
        if message.type in ("error", "warning") and not refused:
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def asked(self, request):
        if not request.url.startswith((self.riskd.origin + "/", "blob:" + self.riskd.origin)):
            self.strangers.append(request.url)


class Steps:
    """The steps, in the order in which they are run."""

    def __init__(self, riskd, browser, pictures):
        self.riskd = riskd
        self.browser = browser
        self.pictures = pictures

    def picture(self, page, name, **how):
        if self.pictures:
            path = self.pictures / f"{name}.png"
            page.screenshot(path=path, **how)
            # Few colours: a picture in a repository should be small.
            Image.open(path).convert("RGB").quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)

    def settled(self, page, path):
        page.goto("/" + path)
        expect(page.locator("main h1").first).to_be_attached()
        page.wait_for_load_state("load")
        page.wait_for_timeout(700)

    def every_file_is_served_under_a_strict_policy(self):
        files = [path.name for path in ASSETS.iterdir() if path.suffix in (".js", ".css", ".svg", ".html")]
        assert len(files) > 40, files
        for name in [*files, "dygraph.min.js"]:
            status, headers, body = self.riskd.headers(f"/assets/{name}")
            assert status == 200, f"{name}: {status}"
            if name != "dygraph.min.js":
                assert body == (ASSETS / name).read_bytes(), f"{name} is not what riskd was built with: build again"
        for path in ("/", "/alerts/1"):
            status, headers, body = self.riskd.headers(path)
            policy = headers["Content-Security-Policy"]
            assert status == 200 and "default-src 'none'" in policy and "unsafe" not in policy, policy
            assert b" style=" not in body and not re.search(rb"<script(?![^>]*src=)", body)

    def nothing_is_made_of_markup(self):
        for path in ASSETS.glob("*.js"):
            text = path.read_text()
            for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
                assert forbidden not in text, f"{path.name} uses {forbidden}"

    def a_wrong_token_is_refused_with_a_sentence(self):
        self.page = self.browser.page()
        self.page.goto("/alerts")
        expect(self.page).to_have_url(re.compile(r"/login\?next=%2Falerts$"))
        self.page.get_by_label("Access token").fill("rkd_" + "A" * 43)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("alert").filter(has_text="does not know this token")).to_be_visible()
        self.accessible(self.page, "login")

    def a_token_signs_in_and_goes_where_one_wanted(self):
        token, _ = self.riskd.token("olga", "responder")
        self.page.get_by_label("Access token").fill(token)
        self.page.keyboard.press("Enter")
        expect(self.page).to_have_url(re.compile(r"/alerts$"))
        expect(self.page.get_by_text("No alerts.", exact=False)).to_be_visible()
        self.state = self.page.context.storage_state()

    def a_login_link_works_once(self):
        self.auditor_token, link = self.riskd.token("arne", "auditor")
        self.auditor = self.browser.page(theme="light")
        self.auditor.goto(link)
        expect(self.auditor).to_have_url(re.compile(r"/overview$"))
        second = self.browser.page()
        second.goto(link)
        expect(second.get_by_role("alert").filter(has_text="login link does not work")).to_be_visible()
        second.context.close()

    def a_quiet_service_is_grey_and_says_so(self):
        self.page.goto("/overview")
        expect(self.page.locator(".headline")).to_have_class(re.compile("level-(info|uncalibrated)"))
        expect(self.page.locator(".next")).to_contain_text("No alerts.")
        self.picture(self.page, "overview-calm-dark")

    def a_level_rises_on_screen_during_the_attack(self):
        self.page.evaluate("window.sameDocument = true")
        self.player = self.riskd.play(speed=120)
        levels = re.compile("level-(medium|high|critical)")
        expect(self.page.locator(".headline")).to_have_class(levels, timeout=120_000)
        expect(self.page.get_by_role("link", name="Open the oldest unacknowledged alert")).to_be_visible(timeout=120_000)
        expect(self.page.locator("nav .count")).to_be_visible()
        assert self.page.evaluate("window.sameDocument"), "the page was loaded again"

    def the_five_questions_are_answered_without_scrolling(self):
        for what in (".headline", ".line.who", ".trend svg", ".strip", ".next a"):
            expect(self.page.locator(what).first).to_be_in_viewport(ratio=1)
        assert self.page.evaluate("parseFloat(getComputedStyle(document.querySelector('.headline')).fontSize)") == 48
        glyph, word, number = (self.page.locator(f".headline {part}").inner_text() for part in (".glyph", ".word", ".headline-score"))
        assert glyph in ("[##-]", "[###]", "[!!!]") and word and float(number) > 0, (glyph, word, number)

    def the_feed_can_be_held_still(self):
        self.page.locator("body").press("Space")
        expect(self.page.get_by_role("button", name=re.compile("go on"))).to_have_attribute("aria-pressed", "true")
        before = self.page.locator(".feed").inner_text()
        self.page.wait_for_timeout(5000)
        assert self.page.locator(".feed").inner_text() == before
        self.page.locator("body").press("Space")
        expect(self.page.get_by_role("button", name=re.compile("pause"))).to_have_attribute("aria-pressed", "false")

    def the_trace_is_played_to_its_end(self):
        assert self.player.wait(300) == 0
        self.page.wait_for_timeout(6000)
        self.picture(self.page, "overview-dark")

    def an_alert_is_acknowledged_by_keys_alone(self):
        self.page.keyboard.press("g")
        self.page.keyboard.press("a")
        expect(self.page).to_have_url(re.compile(r"/alerts$"))
        rows = self.page.locator("tbody tr")
        expect(rows.first).to_be_visible()
        user = self.page.locator("tbody tr", has_text="user-").filter(has_text="open").first.locator(".row-link")
        self.subject = user.inner_text()
        for _ in range(rows.count()):
            self.page.keyboard.press("j")
            if self.page.evaluate("document.activeElement.textContent") == self.subject:
                break
        assert self.page.evaluate("document.activeElement.textContent") == self.subject
        self.page.keyboard.press("Enter")
        expect(self.page.locator("h1")).to_contain_text(self.subject)
        self.alert = self.page.url.rsplit("/", 1)[1]
        self.page.keyboard.press("a")
        expect(self.page.locator(".alert-head .state")).to_have_text("acknowledged", timeout=15_000)
        answer = self.riskd.get(f"/api/v1/alerts/{self.alert}", self.auditor_token)
        assert answer["alert"]["state"] == "acknowledged" and answer["events"][-1]["actor"] == "olga", answer["events"]

    def act(self, button, title, fields=(), confirm=None):
        """Presses a button of the alert, fills in what is asked, and says yes."""
        self.page.locator(".tools").get_by_role("button", name=re.compile(f"^{button}")).click()
        dialog = self.page.get_by_role("dialog", name=title)
        for label, text in fields:
            dialog.get_by_label(label).fill(text)
        dialog.get_by_role("button", name=confirm or title, exact=True).click()
        expect(dialog).to_have_count(0)

    def history(self):
        return [(event["kind"], event["actor"]) for event in self.riskd.get(f"/api/v1/alerts/{self.alert}", self.auditor_token)["events"]]

    def an_alert_is_given_to_somebody_and_other_screens_show_it(self):
        second = self.browser.page(state=self.page.context.storage_state())
        second.goto(f"/alerts/{self.alert}")
        expect(second.locator(".history")).to_contain_text("acknowledged")
        second.evaluate(
            """() => new Promise((ready) => {
                window.sameDocument = true;
                window.heard = [];
                const source = new EventSource("/api/v1/events");
                source.addEventListener("alert", (event) => window.heard.push({ id: event.lastEventId, ...JSON.parse(event.data) }));
                source.addEventListener("tick", ready, { once: true });
            })"""
        )
        self.page.keyboard.press("o")
        dialog = self.page.get_by_role("dialog", name="Assign")
        expect(dialog.get_by_label("Name")).to_have_value("olga")
        self.accessible(self.page, "assign")
        dialog.get_by_label("Name").fill("nadia")
        self.page.keyboard.press("Enter")
        expect(dialog).to_have_count(0)
        expect(self.page.locator(".alert-head")).to_contain_text("owner nadia", timeout=15_000)
        assert ("assigned", "olga") in self.history()
        # No wait_for_function: it evaluates text, which the pages' policy forbids.
        for _ in range(150):
            if second.evaluate("window.heard.length"):
                break
            second.wait_for_timeout(100)
        heard = second.evaluate("window.heard[0]")
        assert heard["kind"] == "assigned" and heard["alert"] == self.alert and re.fullmatch(r"\d+\.\d+", heard["id"]), heard
        # The other screen shows it by itself.
        expect(second.locator(".alert-head")).to_contain_text("owner nadia", timeout=15_000)
        assert second.evaluate("window.sameDocument"), "the page was loaded again"
        second.context.close()

    def a_note_is_written_down(self):
        self.act("Note", "Note", [("What did you find out?", "the SOC called the clinic")], "Add the note")
        expect(self.page.locator(".history")).to_contain_text("the SOC called the clinic", timeout=15_000)
        assert ("noted", "olga") in self.history()

    def why_sums_to_the_score(self):
        parts = self.page.locator(".parts tbody .num").all_inner_texts()
        total = float(self.page.locator(".parts tfoot .num").inner_text())
        numbers = [float(part.replace("−", "-").replace("+", "").replace("±", "")) for part in parts]
        assert abs(sum(numbers) - total) < 0.0006 * len(numbers), (numbers, total)
        expect(self.page.get_by_text("Falls below").first).to_be_visible()

    def images_are_hidden_until_somebody_says_why(self):
        expect(self.page.locator(".picture img")).to_have_count(0)
        before = self.riskd.get("/api/v1/audit/reads", self.auditor_token)["items"]
        assert before == [], before
        self.page.keyboard.press("k")
        self.page.keyboard.press("i")
        dialog = self.page.get_by_role("dialog")
        expect(dialog).to_contain_text("read ledger")
        dialog.get_by_label("Why do you look?").fill(REASON)
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".picture img")).to_have_count(3)
        for image in self.page.locator(".picture img").all():
            assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        self.picture(self.page, "alert-dark", full_page=True)

    def every_look_is_in_the_ledger(self):
        reads = self.riskd.get("/api/v1/audit/reads", self.auditor_token)["items"]
        assert sorted(read["what"] for read in reads) == ["difference", "image", "image"], reads
        assert all(read["actor"] == "olga" and read["reason"] == REASON and read["alert"] == self.alert for read in reads), reads
        self.auditor.goto("/audit?ledger=reads")
        expect(self.auditor.locator("tbody tr")).to_have_count(3)
        expect(self.auditor.locator("tbody")).to_contain_text(REASON)
        self.accessible(self.auditor, "audit")
        self.picture(self.auditor, "audit-light")

    def a_verdict_is_required_to_resolve(self):
        self.page.keyboard.press("r")
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Resolve").click()
        expect(dialog).to_be_visible()
        self.accessible(self.page, "resolve")
        dialog.get_by_label("attack").check()
        dialog.get_by_label("Note").fill("seen in the browser test")
        dialog.get_by_role("button", name="Resolve").click()
        expect(dialog).to_have_count(0)
        expect(self.page.locator(".alert-head .state")).to_have_text("resolved", timeout=15_000)
        expect(self.page.locator(".alert-head")).to_contain_text("verdict: attack")
        expect(self.page.locator(".history")).to_contain_text("seen in the browser test")

    def a_resolved_alert_is_reopened(self):
        self.page.locator(".tools").get_by_role("button", name=re.compile("^Reopen")).click()
        expect(self.page.locator(".alert-head .state")).to_have_text("open", timeout=15_000)
        expect(self.page.locator(".history")).to_contain_text("reopened")
        assert ("reopened", "olga") in self.history()

    def an_attack_is_confirmed_and_its_level_pinned(self):
        self.act("Confirm attack", "Confirm the attack", [("Note", "the images are near-duplicates")])
        expect(self.page.locator(".alert-head")).to_contain_text("pinned", timeout=15_000)
        expect(self.page.locator(".history")).to_contain_text("attack confirmed")
        expect(self.page.locator(".history")).to_contain_text("the images are near-duplicates")
        assert ("confirmed", "olga") in self.history()

    def what_was_reopened_is_judged_again(self):
        self.page.keyboard.press("r")
        dialog = self.page.get_by_role("dialog", name="Resolve")
        dialog.get_by_label("attack").check()
        dialog.get_by_role("button", name="Resolve").click()
        expect(self.page.locator(".alert-head .state")).to_have_text("resolved", timeout=15_000)
        kinds = [kind for kind, _ in self.history()]
        assert kinds.count("resolved") == 2, kinds

    def an_administrator_makes_and_revokes_a_token(self):
        _, link = self.riskd.token("root", "admin")
        self.admin = self.browser.page()
        self.admin.goto(link)
        expect(self.admin).to_have_url(re.compile(r"/overview$"))
        self.admin.goto("/tokens")
        self.admin.get_by_role("button", name="New token").click()
        dialog = self.admin.get_by_role("dialog", name="New token")
        dialog.get_by_label("Name").fill("vera")
        dialog.get_by_label(re.compile("^viewer")).check()
        self.accessible(self.admin, "new token")
        dialog.get_by_role("button", name="Make it").click()
        shown = self.admin.get_by_role("dialog", name="The token")
        secret = shown.locator("code").inner_text()
        shown.get_by_role("button", name="Close").click()
        assert re.fullmatch(r"rkd_[A-Za-z0-9_-]{43}", secret) and self.riskd.get("/api/v1/me", secret)["name"] == "vera"
        row = self.admin.locator("tbody tr", has_text="vera")
        expect(row).to_contain_text("works")
        row.get_by_role("button", name="Revoke").click()
        self.admin.get_by_role("dialog", name="Revoke vera?").get_by_role("button", name="Revoke").click()
        expect(self.admin.locator("tbody tr", has_text="vera")).to_contain_text("revoked")
        assert self.riskd.status("/api/v1/me", secret) == 401

    def an_administrator_looks_after_endpoints(self):
        self.admin.goto("/delivery")
        # One has taken a message as what it is; the other gets nothing else before it does.
        expect(self.admin.locator("tbody tr", has_text="soc")).to_contain_text("well")
        expect(self.admin.locator("tbody tr", has_text="spare")).to_contain_text("not verified")
        self.accessible(self.admin, "delivery")
        self.picture(self.admin, "delivery-dark")
        self.admin.goto("/delivery/soc")
        before = len(self.riskd.receiver.messages)
        assert before > 1, "nobody was told of the attack"
        self.admin.get_by_role("button", name="Send a test message").click()
        expect(self.admin.locator(".toast").last).to_contain_text("Test message: delivered")
        assert self.riskd.receiver.messages[before]["type"] == "endpoint.test", self.riskd.receiver.messages[before]
        for button, reason, state in (("Disable", "exercise", "disabled"), ("Enable", "exercise over", "well")):
            self.admin.get_by_role("button", name=re.compile(f"^{button} …")).click()
            dialog = self.admin.get_by_role("dialog", name=f"{button} the endpoint")
            dialog.get_by_label("Why").fill(reason)
            dialog.get_by_role("button", name=button, exact=True).click()
            expect(self.admin.locator(".verdict").first).to_have_text(state)
        self.admin.get_by_role("button", name="Send again").click()
        dialog = self.admin.get_by_role("dialog", name="Send messages again")
        dialog.get_by_role("button", name="Send again").click()
        expect(self.admin.locator(".toast").last).to_contain_text(re.compile(r"\d+ messages? sent again"))
        self.accessible(self.admin, "endpoint")
        self.admin.goto("/delivery/spare")
        self.admin.get_by_role("button", name="Send a test message").click()
        expect(self.admin.locator(".toast.failed")).to_contain_text("Test message: failed")
        self.admin.context.close()

    def a_silence_shows_its_cost_first(self):
        self.page.goto("/silences")
        expect(self.page.get_by_text("Nothing is silenced.")).to_be_visible()
        self.page.keyboard.press("s")
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Matchers").fill("model=fashion")
        dialog.get_by_label("Why").fill("browser test")
        save = dialog.get_by_role("button", name="Silence", exact=True)
        expect(save).to_be_disabled()
        dialog.get_by_role("button", name="Show what it would have hidden").click()
        expect(dialog.locator(".cost")).to_contain_text("Would have hidden")
        save.click()
        expect(self.page.locator("tbody")).to_contain_text("model=fashion")
        self.page.get_by_role("button", name="End", exact=True).click()
        self.page.get_by_role("button", name="End it").click()
        expect(self.page.get_by_text("Nothing is silenced.")).to_be_visible()

    def the_series_can_be_walked_by_keys(self):
        self.page.goto("/entities/model%3Afashion?range=1h")
        plot = self.page.locator(".plot")
        expect(plot.locator("canvas").first).to_be_visible()
        plot.focus()
        self.page.keyboard.press("ArrowLeft")
        expect(self.page.locator(".readout .badge")).to_be_visible()
        self.page.wait_for_timeout(500)
        self.picture(self.page, "model-dark")
        self.page.keyboard.press("Enter")
        expect(self.page).to_have_url(re.compile(r"/samples/\d+$"))

    def a_chart_that_is_left_while_it_waits_for_its_series_stays_silent(self):
        self.page.goto("/entities/model%3Afashion?range=1h")
        expect(self.page.locator(".plot canvas").first).to_be_visible(timeout=15_000)
        held = []
        self.page.route("**/series?*", lambda route: held.append(route))
        self.page.get_by_role("button", name="6 h", exact=True).click()
        self.page.wait_for_timeout(300)
        self.page.get_by_role("link", name="Campaigns", exact=True).click()
        expect(self.page.locator("h1")).to_have_text("Campaigns")
        assert held, "no series was asked for"
        for each in held:
            each.continue_()
        self.page.unroute("**/series?*")
        self.page.wait_for_timeout(700)
        assert self.browser.complaints == [], self.browser.complaints

    def a_hostile_name_is_only_text(self):
        name = "<img src=x onerror=window.pwned=1>"
        self.riskd.ask_as(name)
        address = "/entities/" + urllib.parse.quote("user:fashion/" + name, safe="")
        self.riskd.until("/api/v1" + address, self.auditor_token)
        self.page.goto(address)
        expect(self.page.locator("h1")).to_contain_text(name)
        assert self.page.locator("main img").count() == 0 and self.page.evaluate("window.pwned === undefined")

    def keys_help_and_can_be_switched_off(self):
        self.page.goto("/overview")
        expect(self.page.locator(".headline")).to_be_visible()
        self.page.keyboard.press("?")
        expect(self.page.get_by_role("dialog")).to_contain_text("Everywhere")
        self.page.keyboard.press("Escape")
        self.page.locator("details.menu summary").click()
        self.page.get_by_role("button", name="single keys: on").click()
        self.page.keyboard.press("g")
        self.page.keyboard.press("a")
        self.page.wait_for_timeout(500)
        expect(self.page).to_have_url(re.compile(r"/overview$"))
        self.page.evaluate("localStorage.clear()")

    def the_first_tab_stop_skips_to_the_content(self):
        self.page.goto("/overview")
        expect(self.page.locator(".headline")).to_be_visible()
        self.page.keyboard.press("Tab")
        expect(self.page.get_by_role("link", name="Skip to the content")).to_be_focused()
        outline = self.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", outline

    def accessible(self, page, name):
        """What axe-core finds: labels, names, contrast, roles, headings, landmarks."""
        found = Axe().run(page).response["violations"]
        words = [f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:300]}" for each in found for node in each["nodes"][:4]]
        assert not words, f"{name}:\n  " + "\n  ".join(words)

    def every_page_is_accessible_in_both_themes_and_fits_a_phone(self):
        entity = self.riskd.get("/api/v1/entities?kind=campaign&limit=1", self.auditor_token)["items"][0]["entity"]
        calibration = self.riskd.get("/api/v1/calibrations", self.auditor_token)["items"][0]["calibration"]
        paths = [*PAGES, f"alerts/{self.alert}", *(f"{page}/{urllib.parse.quote(name, safe='')}" for page, name in (("entities", entity), ("calibrations", calibration)))]
        problems = []
        for theme in ("dark", "light"):
            for size in (DESKTOP, PHONE):
                page = self.browser.page(theme, size, self.state)
                for path in paths:
                    self.settled(page, path)
                    width = page.evaluate("document.documentElement.scrollWidth")
                    if width > size["width"]:
                        problems.append(f"{path} at {size['width']} px is {width} px wide")
                    try:
                        self.accessible(page, f"{path} {theme} {size['width']}")
                    except AssertionError as error:
                        problems.append(str(error))
                    if (path.split("?")[0], theme, size) in PICTURES:
                        self.picture(page, PICTURES_NAMES[path.split("?")[0], theme, size["width"]])
                page.context.close()
        assert not problems, "\n".join(problems)

    def a_stream_that_stops_is_loud_within_five_seconds_and_recovers(self):
        # All the pages may have taken longer than a quiet log may be.
        self.riskd.ask_as("user-001")
        self.page.goto("/overview")
        expect(self.page.locator(".headline")).to_be_visible()
        expect(self.page.locator(".strip-item.live")).to_be_visible(timeout=15_000)
        alarm = self.page.locator(".alarm")
        expect(alarm).to_be_hidden()
        self.riskd.freeze()
        begin = time.monotonic()
        try:
            expect(alarm).to_contain_text("NOT LIVE", timeout=9000)
            # Ticks come every 2 s; 5 s without one is loud, looked at twice a second.
            assert time.monotonic() - begin < 6.5, time.monotonic() - begin
            self.picture(self.page, "not-live-dark")
        finally:
            self.riskd.thaw()
        expect(alarm).to_be_hidden(timeout=15_000)

    def signing_out_ends_the_session(self):
        self.page.goto("/overview")
        self.page.locator("details.menu summary").click()
        self.page.get_by_role("button", name="Sign out").click()
        expect(self.page).to_have_url(re.compile(r"/login"))
        self.page.goto("/overview")
        expect(self.page).to_have_url(re.compile(r"/login"))

    def nothing_came_from_elsewhere_and_nothing_complained(self):
        assert self.browser.strangers == [], self.browser.strangers
        assert self.browser.complaints == [], "\n".join(self.browser.complaints)


PICTURES_NAMES = {
    ("overview", "light", 1280): "overview-light",
    ("overview", "dark", 390): "overview-phone",
}
PICTURES = [(path, theme, DESKTOP if width == 1280 else PHONE) for path, theme, width in PICTURES_NAMES]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--riskd", default=ROOT / ".build/release/riskd", type=pathlib.Path, help="the built program")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="Debian's chromium")
    parser.add_argument("--pictures", type=pathlib.Path, help="a folder for screenshots, such as docs/images")
    options = parser.parse_args()
    for needed in (options.riskd, pathlib.Path(options.chromium)):
        if not needed.exists():
            sys.exit(f"test-dashboard: {needed} is not there; make build, and apt-get install chromium")
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    riskd = Riskd(options.riskd)
    failed = 0
    try:
        riskd.start()
        with sync_playwright() as playwright:
            browser = Browser(riskd, playwright, options.chromium)
            steps = Steps(riskd, browser, options.pictures)
            for name in [name for name in vars(Steps) if name[0] != "_" and name not in ("picture", "settled", "accessible", "act", "history")]:
                begin = time.monotonic()
                try:
                    getattr(steps, name)()
                    print(f"ok      {name} ({time.monotonic() - begin:.1f} s)", flush=True)
                except Exception:
                    failed += 1
                    print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
            browser.browser.close()
    finally:
        riskd.stop()
    sys.exit(f"{failed} steps failed" if failed else 0)


if __name__ == "__main__":
    main()
