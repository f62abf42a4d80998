/* What every page needs that asks the server and says who decides. Loaded before them, since its name comes first. */
(function () {
  "use strict";

  var NAME = "awareness-name"; // of whoever decides, remembered by the browser

  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, function (_, name) { return values[name]; });
  }
  function query(values) {
    return Object.keys(values).filter(function (key) { return values[key]; })
      .map(function (key) { return key + "=" + encodeURIComponent(values[key]); }).join("&");
  }
  function remembered() { try { return localStorage.getItem(NAME) || ""; } catch (_) { return ""; } }
  function remember(name) { try { localStorage.setItem(NAME, name); } catch (_) { /* a private window */ } }

  /* The header without which the server takes nothing: the token of the cookie, which another site cannot read. */
  function withToken(headers) {
    var told = JSON.parse(document.getElementById("_dash-config").textContent), start = told.csrf_token_name + "=";
    var found = document.cookie.split("; ").filter(function (one) { return one.indexOf(start) === 0; })[0];
    var token = {};
    token[told.csrf_header_name] = found ? decodeURIComponent(found.slice(start.length)) : "";
    return Object.assign(token, headers || {});
  }

  /* What the server answered, or {error: a sentence}. */
  function asked(path, options, words) {
    return fetch(path, Object.assign({}, options, { headers: withToken((options || {}).headers) })).then(function (reply) {
      return reply.json().catch(function () { return { error: words.failed }; }).then(function (told) {
        return reply.ok || told.error ? told : { error: words.failed };
      });
    }).catch(function () { return { error: words.failed }; });
  }
  function sent(path, body, words) {
    return asked(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }, words);
  }

  window.campaign_asking = { fill: fill, query: query, remembered: remembered, remember: remember, asked: asked, sent: sent, withToken: withToken };
})();
