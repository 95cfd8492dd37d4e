"use strict";
/* Shows the pages of the pieces one after another. One page is seen, the next one waits behind it, loaded.
 *
 * /programme.json: {pieces: [{number, title, style, seconds}], over: whether no more will come}
 * /pieces/N: the page of a piece; its document says "ended" when it has been played to its end
 */
(() => {
  const PAUSE_MS = 2000, POLL_MS = 2000;
  const [now, next, skip] = ["now", "next", "skip"].map((id) => document.getElementById(id));
  const main = document.querySelector("main");

  const signed = (title) => title.replace(/\b([A-H])([b#])(?=\s|$)/g, (_, letter, sign) => letter + (sign === "b" ? "♭" : "♯"));

  let programme = { pieces: [], over: false };
  let current = null; // {number, title, frame}
  let waiting = null; // the same, of the piece behind
  let isDue = false; // the next one shall play as soon as it is there

  function opened(piece) {
    const frame = document.createElement("iframe");
    const one = { ...piece, frame, isLoaded: false };
    frame.className = "waiting";
    frame.allow = "autoplay";
    frame.title = piece.title;
    frame.addEventListener("load", () => {
      if (!frame.contentDocument) return; // the browser's own page: the radio is gone
      one.isLoaded = true;
      frame.contentDocument.addEventListener("ended", () => { if (current === one) setTimeout(() => { if (current === one) go(); }, PAUSE_MS); });
      if (isDue && one === waiting) go();
    });
    frame.src = `/pieces/${piece.number}`;
    main.append(frame);
    return one;
  }

  const plays = (one) => one.frame.contentDocument?.body.classList.contains("playing");

  function put(one) {
    current?.frame.remove();
    current = one;
    waiting = null;
    one.frame.className = "";
    history.replaceState(null, "", `#${one.number}`); // where a page that is opened again begins
    update();
  }

  /** Go to the next piece and play it, or as soon as it is there. */
  function go() {
    isDue = !waiting?.isLoaded;
    if (isDue) return update();
    put(waiting);
    current.frame.contentDocument.getElementById("play").click();
  }

  function update() {
    const after = programme.pieces.find((piece) => piece.number > (current?.number ?? Infinity));
    if (!current && programme.pieces.length) {
      const asked = Number(location.hash.slice(1));
      put(opened(programme.pieces.find((piece) => piece.number >= asked) ?? programme.pieces.at(-1)));
      return;
    }
    if (current && !waiting && after) waiting = opened(after);
    if (!current) return;
    now.textContent = `${current.number}. ${signed(current.title)}`;
    const ending = programme.over ? "This is the last piece." : "The next piece is being composed.";
    next.textContent = waiting ? `then ${signed(waiting.title)}` : ending;
    skip.disabled = !waiting;
  }

  async function poll() {
    try {
      programme = await (await fetch("/programme.json")).json();
      update();
    } catch {
      next.textContent = "The radio has ended.";
    }
    setTimeout(poll, POLL_MS);
  }

  skip.addEventListener("click", () => {
    if (!waiting?.isLoaded) return;
    if (current && !plays(current)) put(waiting); else go();
  });
  poll();
})();
