/* The reviewers' page: pairs of interviews one at a time, decisions, what was decided. Plain React, no build step; React escapes every text. */
(function () {
  "use strict";

  var h = React.createElement;
  var fill = window.campaign_asking.fill, query = window.campaign_asking.query, asked = window.campaign_asking.asked, sent = window.campaign_asking.sent;
  var remembered = window.campaign_asking.remembered, remember = window.campaign_asking.remember;
  var KEYS = { a: "accept", r: "reject", u: "undecided", n: "next" };
  var MARKS = { same: "=", similar: "≈", differs: "≠", missing: "?" };
  var HISTORY = 20;
  var LOOK_EVERY = 700, LATER = 5000; // milliseconds between two looks at a search, and after a lost line

  function Select(props) {
    return h("label", { className: "choice" }, h("span", null, props.label),
      h("select", { value: props.value, disabled: props.disabled, onChange: function (event) { props.choose(event.target.value); } },
        props.none ? h("option", { value: "" }, props.none) : null,
        props.options.map(function (option) { return h("option", { key: option.value, value: option.value }, option.label); })));
  }

  function Decision(props) {
    return h("button", {
      type: "button", className: "button " + props.kind, disabled: props.busy, onClick: props.press,
      "aria-keyshortcuts": props.letter
    }, props.label, h("kbd", { "aria-hidden": "true" }, props.letter));
  }

  function Pair(props) {
    var pair = props.pair, words = props.words;
    function pressed(event) {
      var wanted = KEYS[event.key.toLowerCase()];
      if (!wanted || event.ctrlKey || event.altKey || event.metaKey || props.busy) { return; }
      event.preventDefault();
      if (wanted === "next") { props.next(); } else { props.decide(wanted); }
    }
    function button(name, letter, kind) {
      return h(Decision, { label: words[name], letter: letter, kind: kind, busy: props.busy, press: function () { props.decide(name); } });
    }
    return h("section", { className: "pair", tabIndex: 0, ref: props.card, onKeyDown: pressed, "aria-labelledby": "pair-heading" },
      h("h2", { id: "pair-heading" }, pair.headline),
      h("p", { className: "source" }, [pair.site, fill(words.pair, { number: pair.id }), pair.strength, pair.decided]
        .filter(Boolean).join(" · ")),
      pair.notes.map(function (note) { return h("p", { className: "rival", key: note }, note); }),
      h("div", { className: "sides" },
        h("table", { className: "keys" },
          h("thead", null, h("tr", null, h("th", { scope: "col" }, words.key), h("th", { scope: "col" }, words.comparison))),
          h("tbody", null, pair.keys.map(function (key) {
            return h("tr", { key: key.label }, h("th", { scope: "row" }, key.label),
              h("td", { className: key.agreement }, h("span", { className: "sign", "aria-hidden": "true" }, MARKS[key.agreement]), key.said));
          }))),
        h("table", { className: "facts" },
          h("thead", null, h("tr", null, h("th", { scope: "col" }, words.fact),
            h("th", { scope: "col" }, props.earlier), h("th", { scope: "col" }, props.later))),
          h("tbody", null, pair.facts.map(function (fact) {
            return h("tr", { key: fact.label }, h("th", { scope: "row" }, fact.label), h("td", null, fact.earlier), h("td", null, fact.later));
          })))),
      h("div", { className: "buttons" },
        button("accept", "A", "good"), button("reject", "R", "bad"), button("undecided", "U", "quiet"),
        h(Decision, { label: words.next, letter: "N", kind: "quiet", busy: props.busy, press: props.next })),
      h("p", { className: "source shortcuts" }, words.shortcuts));
  }

  function Search(props) {
    var percent = Math.round(props.search.fraction * 100);
    return h("div", { className: "under-way" },
      h("div", { className: "bar-of", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percent, "aria-label": props.words.find },
        h("span", { style: { width: percent + "%" } })),
      h("button", { type: "button", className: "button quiet", onClick: props.stop }, props.words.stop));
  }

  function History(props) {
    var pairs = props.pairs, words = props.words;
    if (!pairs.length) { return null; }
    return h("details", { className: "disclosure" },
      h("summary", null, words.pairs + " (" + props.count + ")"),
      h("ul", { className: "decided" }, pairs.slice(0, HISTORY).map(function (pair) {
        return h("li", { key: pair.id },
          h("span", null, fill(words.pair, { number: pair.id }) + " · " + pair.site + " · " + pair.decided),
          h("button", { type: "button", className: "button quiet", disabled: props.busy, onClick: function () { props.undo(pair.id); },
            "aria-label": words.undo + ", " + fill(words.pair, { number: pair.id }) }, words.undo));
      })),
      props.count > HISTORY ? h("p", { className: "more" }, fill(words.more, { count: props.count - HISTORY })) : null);
  }

  function LinkReview(props) {
    var words = props.words;
    var nameState = React.useState(remembered), name = nameState[0], setName = nameState[1];
    var siteState = React.useState(""), site = siteState[0], setSite = siteState[1];
    var earlierState = React.useState(props.earlier), earlier = earlierState[0], setEarlier = earlierState[1];
    var laterState = React.useState(props.later), later = laterState[0], setLater = laterState[1];
    var listState = React.useState("open"), list = listState[0], setList = listState[1]; // open, put_off
    var toldState = React.useState(null), told = toldState[0], setTold = toldState[1];
    var busyState = React.useState(""), busy = busyState[0], setBusy = busyState[1];
    var saidState = React.useState(null), said = saidState[0], setSaid = saidState[1]; // {text, bad}
    var placeState = React.useState(0), place = placeState[0], setPlace = placeState[1];
    var lastState = React.useState(null), last = lastState[0], setLast = lastState[1]; // the pair decided last
    var searchState = React.useState(null), search = searchState[0], setSearch = searchState[1]; // the one under way
    var following = React.useRef(0);
    var turn = React.useRef(0), asking = React.useRef(0), card = React.useRef(null), nameField = React.useRef(null);
    var focusState = React.useState(0), wanted = focusState[0], setWanted = focusState[1]; // the card takes the focus when this grows

    function scope() {
      return query({ campaign: props.campaign, lang: props.language, site: site, from: earlier, to: later });
    }
    function changed() { // the rates follow
      turn.current += 1;
      props.setProps({ done: [turn.current, earlier, later].join("~") });
    }
    function take(reply, number) {
      if (number !== asking.current) { return false; } // another site was chosen meanwhile
      setBusy("");
      if (reply.error) { setSaid({ text: reply.error, bad: true }); return false; }
      setTold(reply);
      return true;
    }
    React.useEffect(function () {
      var number = asking.current += 1;
      setTold(null); setPlace(0); setSaid(null); setLast(null); setBusy(words.loading);
      asked("/linking/pairs.json?" + scope(), {}, words).then(function (reply) { take(reply, number); });
      var turn = following.current += 1;
      setSearch(null);
      look(turn, false);
      return function () { following.current += 1; };
    }, [props.campaign, props.language, site, earlier, later]);
    React.useEffect(function () {
      if (wanted && card.current) { card.current.focus({ preventScroll: true }); }
    }, [wanted]);
    function toCard() { setWanted(function (times) { return times + 1; }); }

    function find() {
      var turn = following.current += 1;
      setSaid(null); setSearch({ state: "running", fraction: 0, said: words.finding });
      sent("/linking/find?" + scope(), {}, words).then(function (reply) { heard(reply, turn, true); });
    }
    function stop() {
      sent("/linking/stop?" + scope(), {}, words).then(function (reply) { if (reply.error) { setSaid({ text: reply.error, bad: true }); } });
    }
    function look(turn, seen) {
      asked("/linking/search.json?" + scope(), {}, words).then(function (reply) { heard(reply, turn, seen); });
    }
    /* What is known of the search; it is asked again until it has ended. seen: whether this page saw it under way. */
    function heard(reply, turn, seen) {
      if (turn !== following.current) { return; } // another site was chosen meanwhile
      if (reply.error && !seen) { return; } // the list itself says that the server is out of reach
      if (reply.error || reply.state === "running") {
        setSearch(function (before) { return reply.error ? before : reply; });
        setTimeout(function () { if (turn === following.current) { look(turn, true); } }, reply.error ? LATER : LOOK_EVERY);
        return;
      }
      setSearch(null);
      if (!seen) { return; }
      if (reply.state !== "done") { setSaid({ text: reply.said, bad: reply.state === "failed" }); }
      var number = asking.current += 1;
      asked("/linking/pairs.json?" + scope(), {}, words).then(function (pairs) {
        if (!take(pairs, number)) { return; }
        setPlace(0); setList("open");
        if (reply.state === "done") { setSaid({ text: pairs.counts.open ? fill(words.found, { count: pairs.counts.open }) : words.found_none }); }
        toCard();
        changed();
      });
    }
    function act(path, body, done) {
      if (!name.trim()) {
        setSaid({ text: words.need_name, bad: true });
        nameField.current.focus();
        return;
      }
      var number = asking.current += 1;
      setBusy(words.loading); setSaid(null);
      sent(path + "?" + scope(), Object.assign({ by: name.trim() }, body), words).then(function (reply) {
        if (!take(reply, number)) { return; }
        done(reply);
        toCard();
        changed();
      });
    }
    function decide(pair, decision) {
      act("/linking/decide", { ids: [pair.id], decision: decision }, function () { setLast(pair.id); });
    }
    function undo(id) {
      act("/linking/undo", { id: id }, function () { setLast(null); });
    }
    function acceptCertain() {
      var count = told.certain;
      act("/linking/decide", { certain: true, decision: "accept" }, function () {
        setLast(null); setPlace(0);
        setSaid({ text: fill(words.certain_done, { count: count }) });
      });
    }

    var pairs = told ? told[list] : [];
    var at = pairs.length ? place % pairs.length : 0;
    var all = told ? told.counts.open + told.counts.put_off + told.counts.decided : 0;
    var labels = {};
    props.waves.forEach(function (wave) { labels[wave.value] = wave.label; });
    return h("div", { id: props.id, className: "linking" },
      h("div", { className: "panel" },
        h("div", { className: "choices" },
          h("label", { className: "choice" }, h("span", null, words.name),
            h("input", { type: "text", value: name, autoComplete: "name", ref: nameField, "aria-describedby": "linking-name-hint",
              onChange: function (event) { setName(event.target.value); remember(event.target.value.trim()); } }),
            h("small", { id: "linking-name-hint" }, words.name_hint)),
          props.sites.length > 1 ? h(Select, { label: words.site, none: words.all_sites, options: props.sites, value: site, choose: setSite, disabled: Boolean(busy) }) : null,
          props.waves.length > 2 ? h(Select, { label: words.earlier, options: props.waves, value: earlier, choose: setEarlier, disabled: Boolean(busy) }) : null,
          props.waves.length > 2 ? h(Select, { label: words.later, options: props.waves, value: later, choose: setLater, disabled: Boolean(busy) }) : null),
        h("div", { className: "buttons" },
          h("button", { type: "button", className: "button", disabled: Boolean(busy || search), onClick: find }, words.find),
          told && told.certain ? h("button", { type: "button", className: "button quiet", disabled: Boolean(busy), onClick: acceptCertain },
            fill(words.certain, { count: told.certain })) : null),
        h("div", { role: "status", className: "doing" }, search ? search.said : busy),
        search ? h(Search, { search: search, words: words, stop: stop }) : null,
        said ? h("div", { className: "said" + (said.bad ? " bad" : ""), role: said.bad ? "alert" : "status" }, said.text) : null),
      told ? h("div", { className: "panel" },
        all ? h("div", { className: "so-far" },
          h("p", null, fill(words.progress, { done: told.counts.decided, all: all })),
          h("div", { className: "bar-of", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": all, "aria-valuenow": told.counts.decided,
            "aria-label": words.pairs }, h("span", { style: { width: 100 * told.counts.decided / all + "%" } }))) : null,
        told.counts.put_off ? h(Select, { label: words.show, value: list, choose: function (value) { setList(value); setPlace(0); }, options: [
          { value: "open", label: words.open + " (" + told.counts.open + ")" },
          { value: "put_off", label: words.put_off + " (" + told.counts.put_off + ")" }
        ] }) : null,
        pairs.length ? h(Pair, { pair: pairs[at], words: words, busy: Boolean(busy), card: card, earlier: labels[earlier], later: labels[later],
          decide: function (decision) { decide(pairs[at], decision); },
          next: function () { setPlace(at + 1); toCard(); } })
          : h("p", { className: "empty", ref: card, tabIndex: -1 }, all ? words.all_done : words.nothing_yet),
        last ? h("p", { className: "take-back" }, h("button", { type: "button", className: "button quiet", disabled: Boolean(busy), onClick: function () { undo(last); } },
          words.undo_last)) : null,
        h(History, { pairs: told.decided, count: told.counts.decided, words: words, busy: Boolean(busy), undo: undo })) : null);
  }

  window.campaign_linking = { LinkReview: LinkReview };
})();
