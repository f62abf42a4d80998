/* Texts kept back: ticked one by one or by kind, read, released, left out, undone. Plain React, no build step; React escapes every text. */
(function () {
  "use strict";

  var h = React.createElement;
  var fill = window.campaign_asking.fill, query = window.campaign_asking.query, asked = window.campaign_asking.asked, sent = window.campaign_asking.sent;
  var remembered = window.campaign_asking.remembered, remember = window.campaign_asking.remember;
  var FIRST = 25; // texts of a group that are shown before more are asked for
  var KEYS = { v: "read", a: "released", o: "left_out" };

  function Row(props) {
    var one = props.one, words = props.words;
    function pressed(event) {
      if (event.ctrlKey || event.altKey || event.metaKey) { return; }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        var rows = Array.prototype.slice.call(document.querySelectorAll(".kept-back input[type=checkbox]"));
        var next = rows[rows.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
        if (next) { next.focus(); }
        return;
      }
      var wanted = KEYS[event.key.toLowerCase()];
      if (!wanted || props.busy) { return; }
      event.preventDefault();
      props.act(wanted, [one.id]);
    }
    return h("li", { className: props.ticked ? "ticked" : "" }, h("label", null,
      h("input", { type: "checkbox", checked: props.ticked, onChange: function () { props.toggle(one.id); }, onKeyDown: pressed }),
      h("span", { className: "about" }, h("b", null, fill(words.text, { id: one.id })), " · ", one.kinds.join(", "),
        h("small", null, fill(words.interview, { id: one.interview }))),
      props.text === undefined ? null : h("q", { className: "text" }, props.text)));
  }

  function Group(props) {
    var group = props.group, words = props.words, ticked = props.ticked;
    var openState = React.useState(FIRST), open = openState[0], setOpen = openState[1];
    var chosen = group.texts.filter(function (one) { return ticked[one.id]; }).map(function (one) { return one.id; });
    function tick(some) { props.tick(group.texts, some); }
    function button(words_, press, kind, off) {
      return h("button", { type: "button", className: "button " + kind, disabled: props.busy || off, onClick: press, key: words_ }, words_);
    }
    return h("section", { className: "panel kept-back", "aria-labelledby": "kept-" + group.key },
      h("h2", { id: "kept-" + group.key }, group.place),
      h("p", { className: "asked" }, group.question, group.name !== group.question ? h("small", null, " ", h("code", null, group.name)) : null),
      h("div", { className: "buttons ticks" },
        button(fill(words.tick_all, { count: group.texts.length }), function () { tick(group.texts); }, "quiet"),
        group.kinds.length > 1 ? group.kinds.map(function (kind) {
          return button(fill(words.tick_kind, { kind: kind.label, count: kind.count }), function () {
            tick(group.texts.filter(function (one) { return one.kinds.indexOf(kind.label) >= 0; }));
          }, "quiet");
        }) : null,
        chosen.length ? button(words.untick, function () { tick([]); }, "quiet") : null),
      h("ul", { className: "texts" }, group.texts.slice(0, open).map(function (one) {
        return h(Row, { key: one.id, one: one, words: words, busy: props.busy, ticked: Boolean(ticked[one.id]), text: props.texts[one.id], toggle: props.toggle, act: props.act });
      })),
      group.texts.length > open ? button(fill(words.more, { count: group.texts.length - open }), function () { setOpen(group.texts.length); }, "quiet more") : null,
      h("div", { className: "buttons" },
        button(fill(words.read, { count: chosen.length }), function () { props.act("read", chosen); }, "quiet", !chosen.length),
        button(fill(words.release, { count: chosen.length }), function () { props.act("released", chosen); }, "", !chosen.length),
        button(fill(words.leave_out, { count: chosen.length }), function () { props.act("left_out", chosen); }, "", !chosen.length)));
  }

  function WithheldTexts(props) {
    var words = props.words;
    var nameState = React.useState(remembered), name = nameState[0], setName = nameState[1];
    var siteState = React.useState(props.site), site = siteState[0], setSite = siteState[1];
    var toldState = React.useState(null), told = toldState[0], setTold = toldState[1];
    var tickedState = React.useState({}), ticked = tickedState[0], setTicked = tickedState[1];
    var textsState = React.useState({}), texts = textsState[0], setTexts = textsState[1]; // read so far, gone with the page
    var busyState = React.useState(true), busy = busyState[0], setBusy = busyState[1];
    var saidState = React.useState(null), said = saidState[0], setSaid = saidState[1]; // {text, bad}
    var asking = React.useRef(0), nameField = React.useRef(null), status = React.useRef(null), back = React.useRef(null);

    function path(action) { return "/withheld/" + action + "?" + query({ campaign: props.campaign, lang: props.language, site: site }); }
    React.useEffect(function () {
      var number = asking.current += 1;
      setTold(null); setTicked({}); setTexts({}); setSaid(null); setBusy(true);
      asked(path("list.json"), {}, words).then(function (reply) {
        if (number !== asking.current) { return; } // another site was chosen meanwhile
        setBusy(false);
        if (reply.error) { setSaid({ text: reply.error, bad: true }); } else { setTold(reply); }
      });
    }, [props.campaign, props.language, site]);
    React.useEffect(function () { // whoever works by keyboard goes on where the decided text stood
      if (back.current === null || busy) { return; }
      var rows = document.querySelectorAll(".kept-back input[type=checkbox]");
      var next = rows[Math.min(back.current, rows.length - 1)] || status.current;
      back.current = null;
      if (next) { next.focus(); }
    }, [told, busy]);

    function toggle(id) {
      setTicked(function (before) { var now = Object.assign({}, before); now[id] = !before[id]; return now; });
    }
    function tick(group, some) {
      setTicked(function (before) {
        var now = Object.assign({}, before);
        group.forEach(function (one) { now[one.id] = false; });
        some.forEach(function (one) { now[one.id] = true; });
        return now;
      });
    }
    function act(wanted, ids) {
      if (!name.trim()) {
        setSaid({ text: words.need_name, bad: true });
        nameField.current.focus();
        return;
      }
      var rows = Array.prototype.slice.call(document.querySelectorAll(".kept-back input[type=checkbox]"));
      var at = rows.indexOf(document.activeElement), number = asking.current += 1;
      setBusy(true); setSaid(null);
      var action = wanted === "read" || wanted === "undo" ? wanted : "decide";
      sent(path(action), { by: name.trim(), ids: ids, ruling: wanted }, words).then(function (reply) {
        if (number !== asking.current) { return; }
        setBusy(false);
        if (reply.error) { setSaid({ text: reply.error, bad: true }); return; }
        if (wanted === "read") { setTexts(function (before) { return Object.assign({}, before, reply.texts); }); return; }
        back.current = at >= 0 ? at : Infinity;
        if (at < 0) { back.current = null; status.current.focus(); }
        setTold(reply); setTicked({});
        setSaid({ text: fill(words[wanted === "undo" ? "undone" : wanted], { count: ids.length }) });
      });
    }

    return h("div", { id: props.id, className: "withheld" },
      h("div", { className: "panel" },
        h("div", { className: "choices" },
          h("label", { className: "choice" }, h("span", null, words.name),
            h("input", { type: "text", value: name, autoComplete: "name", ref: nameField, maxLength: 200, "aria-describedby": "withheld-name-hint",
              onChange: function (event) { setName(event.target.value); remember(event.target.value.trim()); } }),
            h("small", { id: "withheld-name-hint" }, words.name_hint)),
          props.sites.length > 1 ? h("label", { className: "choice" }, h("span", null, words.site),
            h("select", { value: site, disabled: busy, onChange: function (event) { setSite(event.target.value); } },
              h("option", { value: "" }, words.all_sites),
              props.sites.map(function (option) { return h("option", { key: option.value, value: option.value }, option.label); }))) : null),
        h("ul", { className: "consequences" },
          [words.consequence_release, words.consequence_leave, words.consequence_undo, words.read_note].map(function (text) { return h("li", { key: text }, text); })),
        h("p", { className: "source shortcuts" }, words.shortcuts),
        h("div", { ref: status, tabIndex: -1, role: "status", className: "doing" }, busy ? words.loading : ""),
        said ? h("div", { className: "said" + (said.bad ? " bad" : ""), role: said.bad ? "alert" : "status" }, said.text) : null,
        told && !told.total ? h("p", { className: "empty" }, words.none) : null,
        told && told.total ? h("p", { className: "count" }, fill(told.shown < told.total ? words.first : words.waiting, { count: told.total, shown: told.shown, total: told.total })) : null),
      told ? told.groups.map(function (group) {
        return h(Group, { key: group.key, group: group, words: words, busy: busy, ticked: ticked, texts: texts, toggle: toggle, tick: tick, act: act });
      }) : null,
      told && told.decided.length ? h("section", { className: "panel" }, h("h2", null, words.decided),
        h("ul", { className: "decided" }, told.decided.map(function (one) {
          return h("li", { key: one.ids.join() }, h("span", null, one.said),
            h("button", { type: "button", className: "button quiet", disabled: busy, "aria-label": words.undo + ": " + one.said,
              onClick: function () { act("undo", one.ids); } }, words.undo));
        }))) : null);
  }

  window.campaign_withheld = { WithheldTexts: WithheldTexts };
})();
