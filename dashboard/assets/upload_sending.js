/* A file on its way: sent in pieces, taken up again where a line was cut, watched until its verdict. No drawing here. */
(function () {
  "use strict";

  var BLOCK = 1 << 20; // as at the server: the fingerprint of a file is made of those of its blocks
  var LEAST = 1 << 16, FIRST = 1 << 18, MOST = 4 << 20; // bytes of a piece
  var SECONDS = 4; // what a piece should take: a cut costs little, and progress is seen
  var STALLED = 45000; // milliseconds without a byte: the line is dead
  var LONGEST_WAIT = 15000;
  var QUICK = 100, QUICK_LOOKS = 20, SLOW = 500; // milliseconds between two looks at a job
  var DAY = 86400000;
  var UNFINISHED = "awareness-unfinished", HERE = "awareness-upload";

  /* ---- what the browser remembers: this tab its file, the browser what is not sent in full ---- */

  function stored(store, key) { try { return JSON.parse(store().getItem(key)) || {}; } catch (_) { return {}; } }
  function store(storage, key, value) { try { storage().setItem(key, JSON.stringify(value)); } catch (_) { /* a private window */ } }
  function tab() { return window.sessionStorage; }
  function browser() { return window.localStorage; }

  function here(campaign) { return stored(tab, HERE)[campaign] || null; }
  function remain(campaign, id) {
    var all = stored(tab, HERE);
    if (id) { all[campaign] = id; } else { delete all[campaign]; }
    store(tab, HERE, all);
  }
  function unfinished(campaign) {
    var all = stored(browser, UNFINISHED), found = [];
    Object.keys(all).forEach(function (id) {
      if (Date.now() - all[id].at > DAY) { delete all[id]; } else if (all[id].campaign === campaign) { found.push(id); }
    });
    store(browser, UNFINISHED, all);
    return found;
  }
  function begun(id, campaign, file) {
    var all = stored(browser, UNFINISHED);
    all[id] = { campaign: campaign, name: file.name, size: file.size, at: Date.now() };
    store(browser, UNFINISHED, all);
  }
  function finished(id) {
    var all = stored(browser, UNFINISHED);
    delete all[id];
    store(browser, UNFINISHED, all);
  }
  function begunBefore(campaign, file) {
    var all = stored(browser, UNFINISHED);
    return unfinished(campaign).filter(function (id) { return all[id].name === file.name && all[id].size === file.size; })[0] || null;
  }

  /* ---- bytes ---- */

  function bytes(file, from, to) {
    return file.slice(from, to).arrayBuffer().catch(function () { throw { unreadable: true }; });
  }
  function sha256(buffer) { return crypto.subtle.digest("SHA-256", buffer).then(function (sum) { return new Uint8Array(sum); }); }

  /* The SHA-256 of the SHA-256s of the blocks up to a byte; the file is never held as a whole. */
  function fingerprint(file, upTo) {
    var sums = new Uint8Array(32 * Math.ceil(upTo / BLOCK));
    function block(number) {
      var from = number * BLOCK;
      if (from >= upTo) { return sha256(sums); }
      return bytes(file, from, Math.min(from + BLOCK, upTo)).then(sha256).then(function (sum) {
        sums.set(sum, 32 * number);
        return block(number + 1);
      });
    }
    return block(0).then(function (sum) {
      return Array.from(sum).map(function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
    });
  }

  /* ---- asking, for as long as it takes ---- */

  /* Waits a while, or until the line or the reader is back. */
  function pause(milliseconds) {
    return new Promise(function (done) {
      var timer = setTimeout(woken, milliseconds);
      function woken() {
        clearTimeout(timer);
        window.removeEventListener("online", woken);
        document.removeEventListener("visibilitychange", seen);
        done();
      }
      function seen() { if (document.visibilityState === "visible") { woken(); } }
      window.addEventListener("online", woken);
      document.addEventListener("visibilitychange", seen);
    });
  }

  function ask(path, method, body) {
    var options = { method: method, headers: window.campaign_asking.withToken() };
    if (body) { options.headers["Content-Type"] = "application/json"; options.body = JSON.stringify(body); }
    return fetch(path, options).then(function (reply) {
      return (method === "HEAD" ? Promise.resolve({}) : reply.json().catch(function () { return {}; })).then(function (told) {
        var offset = reply.headers.get("Upload-Offset");
        return { status: reply.status, told: told, offset: offset === null ? undefined : Number(offset) };
      });
    });
  }

  /*
   * The way of one file. ``tell`` hears {sent, size} while it is sent, {step, stage, fraction} while it is judged, {cut} when the
   * line goes and comes, and in the end {told}, {error}, {lost} or {cancelled}.
   */
  function Way(place, tell) {
    var stopped = false, halted = false, request = null, id = null, misses = 0, step = FIRST;
    var address = "?" + window.campaign_asking.query({ lang: place.language });

    function say(update) { if (!stopped) { tell(update); } }
    function at(rest) { return "/upload/" + id + (rest || "") + address; }

    /* Does it again until somebody answers; a server that is starting again counts as a cut line. */
    function patiently(attempt) {
      return attempt().then(function (reply) {
        if ((reply.status >= 500 || reply.status === 408) && !reply.told.error) { throw new Error("status " + reply.status); }
        if (misses) { misses = 0; say({ cut: false }); }
        return reply;
      }).catch(function (problem) {
        if (stopped || problem.unreadable) { throw problem; }
        misses += 1;
        say({ cut: true });
        return pause(Math.min(LONGEST_WAIT, 500 * Math.pow(2, misses))).then(function () {
          if (stopped) { throw new Error("stopped"); }
          return patiently(attempt);
        });
      });
    }

    function announce(file) {
      var body = { campaign: place.campaign, name: file.name, size: file.size, site: place.site, wave: place.wave, by: place.by };
      return patiently(function () { return ask("/upload" + address, "POST", body); }).then(function (reply) {
        if (!reply.told.id) { throw { error: reply.told.error || place.words.not_sent }; }
        if (stopped) { drop(reply.told.id); throw new Error("stopped"); }
        id = reply.told.id;
        begun(id, place.campaign, file);
        remain(place.campaign, id);
        return 0;
      });
    }

    /* Where an earlier attempt stopped, if what has arrived is the beginning of this very file. */
    function takeUp(file, before) {
      id = before;
      return patiently(function () { return ask(at(".json"), "GET"); }).then(function (reply) {
        var told = reply.told;
        if (reply.status !== 200) { finished(before); return announce(file); }
        if (told.state !== "arriving") { return file.size; }
        if (told.size !== file.size || told.site !== place.site || told.wave !== place.wave) { return announce(file); }
        return fingerprint(file, told.offset).then(function (sum) {
          if (sum === told.fingerprint) { remain(place.campaign, id); return told.offset; }
          drop(before);
          return announce(file);
        });
      });
    }

    function piece(file, from) {
      var size = Math.min(step, file.size - from), since = Date.now();
      return bytes(file, from, from + size).then(function (buffer) {
        return new Promise(function (done, failed) {
          var watch = setTimeout(stall, STALLED);
          function stall() { request.abort(); }
          request = new XMLHttpRequest();
          request.open("PATCH", at());
          var headers = window.campaign_asking.withToken({ "Content-Type": "application/offset+octet-stream" });
          Object.keys(headers).forEach(function (name) { request.setRequestHeader(name, headers[name]); });
          request.setRequestHeader("Upload-Offset", String(from));
          request.upload.onprogress = function (event) {
            clearTimeout(watch);
            watch = setTimeout(stall, STALLED);
            say({ sent: from + event.loaded, size: file.size });
          };
          request.onload = function () {
            var told = {};
            clearTimeout(watch);
            try { told = JSON.parse(request.responseText); } catch (_) { /* a page in between answered */ }
            done({ status: request.status, told: told });
          };
          request.onerror = request.onabort = function () { clearTimeout(watch); failed(new Error("cut")); };
          request.send(buffer);
        });
      }).then(function (reply) {
        var seconds = Math.max(0.05, (Date.now() - since) / 1000);
        step = Math.max(LEAST, Math.min(MOST, Math.round(size / seconds * SECONDS)));
        return reply;
      });
    }

    /* Piece by piece; after a cut the server says how far it got. */
    function send(file, from) {
      if (stopped || halted) { return new Promise(function () { /* goes no further */ }); }
      say({ sent: from, size: file.size });
      if (from >= file.size) { return Promise.resolve(); }
      var cut = false;
      return patiently(function () {
        if (cut) { return ask(at(), "HEAD"); }
        cut = true;
        return piece(file, from);
      }).then(function (reply) {
        if (reply.status === 404) { finished(id); return announce(file).then(function (start) { return send(file, start); }); }
        var offset = reply.told.offset === undefined ? reply.offset : reply.told.offset;
        if (reply.told.error || offset === undefined) { throw { error: reply.told.error || place.words.not_sent }; }
        return send(file, offset);
      });
    }

    function judge(sum) {
      say({ step: place.words.preparing, stage: "waiting", fraction: 0 });
      return patiently(function () { return ask(at("/whole"), "POST", { fingerprint: sum }); }).then(function (reply) {
        if (reply.status === 404) { throw { lost: true }; }
        if (!reply.told.job) { finished(id); throw { error: reply.told.error || place.words.not_sent }; }
        return look(0);
      });
    }

    function look(looks) {
      return patiently(function () { return ask(at(".json"), "GET"); }).then(function (reply) {
        var told = reply.told;
        if (stopped) { throw new Error("stopped"); }
        if (reply.status === 404) { throw { lost: true }; }
        if (told.state === "arriving") { return told.verified ? judge("") : { arriving: told }; } // the server began anew
        finished(id);
        if (told.state === "running") {
          say({ name: told.name, step: told.step, stage: told.stage, fraction: told.fraction, storing: told.storing });
        } else if (told.state === "cancelled") {
          throw { cancelled: true };
        } else {
          told.id = id;
          say({ told: told });
          if (!told.writing) { return null; }
        }
        return new Promise(function (later) { setTimeout(later, looks < QUICK_LOOKS ? QUICK : SLOW); }).then(function () { return look(looks + 1); });
      });
    }

    function drop(which) { finished(which); return ask("/upload/" + which + address, "DELETE").catch(function () { return {}; }); }

    function end(problem) {
      if (stopped) { return; }
      if (problem.unreadable) { say({ error: place.words.unreadable }); }
      else if (problem.error) { say({ error: problem.error }); }
      else if (problem.lost) { remain(place.campaign, null); say({ lost: true }); }
      else if (problem.cancelled) { remain(place.campaign, null); say({ cancelled: true }); }
      else { say({ error: place.words.not_sent }); }
    }

    this.send = function (file) {
      var before = begunBefore(place.campaign, file), sum = fingerprint(file, file.size);
      sum.catch(function () { /* told when it is needed */ });
      (before ? takeUp(file, before) : announce(file)).then(function (from) { return send(file, from); })
        .then(function () { return sum; }).then(judge).catch(end);
    };
    /* What became of a file this tab or browser sent before: hears {arriving} where it is not here in full. */
    this.find = function (known) {
      id = known;
      look(0).then(function (found) { if (found && found.arriving) { say({ arriving: found.arriving }); } }).catch(end);
    };
    this.watch = function (known) { id = known; remain(place.campaign, id); look(0).catch(end); };
    /* Nothing is left of it, unless it is being stored already. */
    this.cancel = function () {
      if (!id) { stopped = true; tell({ cancelled: true }); return; }
      halted = true;
      if (request) { request.onabort = request.onerror = null; request.abort(); }
      patiently(function () { return ask(at(), "DELETE"); }).then(function (reply) {
        if (reply.status !== 404 && !reply.told.cancelled) { return; } // too late: the verdict comes
        finished(id);
        remain(place.campaign, null);
        stopped = true;
        tell({ cancelled: true });
      }).catch(end);
    };
    /* The page goes; the file stays where it is. */
    this.leave = function () { stopped = true; if (request) { request.abort(); } };
  }

  window.campaign_sending = {
    Way: Way, here: here, unfinished: unfinished, finished: finished, forget: function (campaign) { remain(campaign, null); }
  };
})();
