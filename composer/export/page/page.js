"use strict";
/* Plays the page: the audio element is the clock, the tables of `times` say what sounds at each of its milliseconds.
 *
 * times.takes[i]: {lead, end, lit: [begins - begins of the one before, length, head, ...], bars: [ms], sections: [ms]}
 * times.bars: which bar of the page each played bar is; times.places: where it begins on the timeline, 0..1
 * times.numbers: the number of each bar of the page
 */
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const times = JSON.parse(byId("times").textContent);
  const [play, seekbar, clock, lane, playhead, timeline] = ["play", "seek", "clock", "lane", "playhead", "timeline"].map(byId);
  const sections = all(".section");
  const heads = grouped("n");
  const bars = grouped("b");
  const takes = times.takes.map(unpacked);

  let take = 0;
  let position = 0; // milliseconds in the take, also before its sound is there
  let lit = new Set();
  let playedBar = -1;
  let section = -1;
  let followsFrom = 0; // not before this time, when the reader has scrolled

  /** The elements of each index: a head or a bar stands in both layouts. */
  function grouped(letter) {
    const found = [];
    for (const element of all(`[data-${letter}]`)) (found[element.dataset[letter]] ||= []).push(element);
    return found;
  }

  function unpacked(row, index) {
    const count = row.lit.length / 3;
    const take = { ...row, begins: new Array(count), ends: new Array(count), head: new Array(count), latest: new Array(count), audio: null };
    for (let i = 0, begins = 0, latest = 0; i < count; i++) {
      begins += row.lit[3 * i];
      take.begins[i] = begins;
      take.ends[i] = begins + row.lit[3 * i + 1];
      take.head[i] = row.lit[3 * i + 2];
      take.latest[i] = latest = Math.max(latest, take.ends[i]); // of all up to here
    }
    take.source = byId(`take${index}`);
    return take;
  }

  /** How many of the rising values are not above x. */
  function countUpTo(values, x) {
    let low = 0, high = values.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] <= x) low = middle + 1; else high = middle;
    }
    return low;
  }

  function soundOf(index) {
    const one = takes[index];
    if (!one.audio) {
      const binary = atob(one.source.textContent);
      const bytes = new Uint8Array(binary.length);
      for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
      const audio = one.audio = new Audio();
      audio.preload = "auto";
      audio.preservesPitch = true;
      audio.src = URL.createObjectURL(new Blob([bytes], { type: "audio/mpeg" }));
      audio.addEventListener("play", () => { document.body.classList.add("playing"); play.setAttribute("aria-label", "Pause"); frame(); });
      audio.addEventListener("pause", () => { if (takes[take].audio === audio) { document.body.classList.remove("playing"); play.setAttribute("aria-label", "Play"); } });
      audio.addEventListener("timeupdate", () => { if (takes[take].audio === audio && !audio.seeking) show(heard()); });
      audio.addEventListener("ended", () => document.dispatchEvent(new Event("ended"))); // for whoever shows this page in a frame
      audio.addEventListener("error", () => { byId("trouble").hidden = false; });
      audio.playbackRate = Number(byId("speed").value);
    }
    return one.audio;
  }

  const heard = () => soundOf(take).currentTime * 1000 - takes[take].lead;

  function frame() {
    const audio = soundOf(take);
    if (audio.paused) return;
    if (!audio.seeking) show(heard());
    requestAnimationFrame(frame);
  }

  // ------------------------------------------------------------ showing

  function show(ms) {
    position = Math.min(Math.max(ms, 0), takes[take].end);
    light();
    playhead.style.left = `${100 * placeOf(position)}%`;
    const bar = Math.max(countUpTo(takes[take].bars, position) - 1, 0);
    if (bar !== playedBar) {
      for (const element of bars[times.bars[playedBar]] || []) element.classList.remove("now");
      for (const element of bars[times.bars[bar]]) element.classList.add("now");
      playedBar = bar;
      follow();
    }
    const here = countUpTo(takes[take].sections, position + 1) - 1;
    if (here !== section) {
      sections[section]?.removeAttribute("aria-current");
      sections[here]?.setAttribute("aria-current", "true");
      section = here;
    }
    seekbar.value = position;
    seekbar.setAttribute("aria-valuetext", `bar ${times.numbers[times.bars[bar]]}, ${minutes(position)}`);
    clock.textContent = `${minutes(position)} / ${minutes(takes[take].end)}`;
  }

  function light() {
    const { begins, ends, head, latest } = takes[take];
    const sounding = new Set();
    for (let i = countUpTo(begins, position) - 1; i >= 0 && latest[i] > position; i--) {
      if (ends[i] > position) sounding.add(head[i]);
    }
    for (const index of lit) if (!sounding.has(index)) for (const element of heads[index]) element.classList.remove("lit");
    for (const index of sounding) if (!lit.has(index)) for (const element of heads[index]) element.classList.add("lit");
    lit = sounding;
  }

  function minutes(ms) {
    const seconds = Math.floor(ms / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  /** Between milliseconds of the take and places on the timeline, both ways, bar by bar. */
  const between = (x, from, to) => {
    const i = Math.min(Math.max(countUpTo(from, x) - 1, 0), from.length - 2);
    const width = from[i + 1] - from[i];
    return to[i] + (width ? (x - from[i]) / width : 0) * (to[i + 1] - to[i]);
  };
  const msEdges = (index) => [...takes[index].bars, Math.max(takes[index].end, takes[index].bars.at(-1))];
  const placeEdges = [...times.places, 1];
  const placeOf = (ms) => Math.min(Math.max(between(ms, msEdges(take), placeEdges), 0), 1);
  const msOf = (place, index) => between(place, placeEdges, msEdges(index));

  // ------------------------------------------------------------ following

  function follow() {
    const scroller = timeline.getBoundingClientRect(), head = playhead.getBoundingClientRect();
    if (lane.scrollWidth > timeline.clientWidth && (head.left < scroller.left || head.left > scroller.right - 40)) {
      timeline.scrollLeft += head.left - scroller.left - 40;
    }
    if (!byId("follow").checked || performance.now() < followsFrom) return;
    const shown = bars[times.bars[playedBar]].find((element) => element.getClientRects().length);
    const system = shown?.closest(".system");
    if (!system) return;
    const box = system.getBoundingClientRect();
    if (box.top < topEdge() || box.bottom > innerHeight) {
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      scrollTo({ top: scrollY + box.top - topEdge() - 8, behavior: calm ? "auto" : "smooth" });
    }
  }

  function topEdge() {
    const player = document.querySelector(".player");
    return getComputedStyle(player).position === "sticky" ? player.offsetHeight : 0;
  }

  for (const kind of ["wheel", "touchmove"]) {
    addEventListener(kind, () => { followsFrom = performance.now() + 4000; }, { passive: true });
  }
  new ResizeObserver(() => document.documentElement.style.setProperty("--top", `${topEdge()}px`)).observe(document.querySelector(".player"));

  // ------------------------------------------------------------ going somewhere

  function seek(ms) {
    const aim = Math.min(Math.max(ms, 0), takes[take].end);
    soundOf(take).currentTime = (aim + takes[take].lead) / 1000;
    followsFrom = 0;
    show(aim);
  }

  // A pause that comes before the sound has begun breaks what play() promised; that is no fault.
  const begin = (audio) => audio.play().catch((fault) => { if (fault.name !== "AbortError") throw fault; });

  function toggle() {
    const audio = soundOf(take);
    if (audio.paused) { followsFrom = 0; begin(audio); } else audio.pause();
  }

  function playFrom(ms) {
    seek(ms);
    begin(soundOf(take));
  }

  const nearest = (candidates) => candidates.reduce((best, ms) => (Math.abs(ms - position) < Math.abs(best - position) ? ms : best), Infinity);

  function seekTo(candidates) {
    const ms = nearest(candidates);
    if (ms < Infinity) seek(ms);
  }

  function step(edges, by) {
    // Back goes to where this one began; from there to the one before.
    const here = countUpTo(edges, position + 1) - 1;
    const isAtStart = position - edges[Math.max(here, 0)] < 600;
    seek(edges[Math.min(Math.max(by > 0 ? here + 1 : here - (isAtStart ? 1 : 0), 0), edges.length - 1)]);
  }

  function change(index) {
    if (index === take) return;
    const before = soundOf(take), goesOn = !before.paused, place = placeOf(position);
    before.pause();
    take = index;
    seekbar.max = takes[take].end;
    seek(msOf(place, take));
    if (goesOn) begin(soundOf(take)); else { document.body.classList.remove("playing"); }
  }

  play.addEventListener("click", toggle);
  seekbar.addEventListener("input", () => seek(Number(seekbar.value)));
  byId("speed").addEventListener("change", (event) => { for (const one of takes) if (one.audio) one.audio.playbackRate = Number(event.target.value); });
  for (const [index, button] of sections.entries()) button.addEventListener("click", () => playFrom(takes[take].sections[index]));
  for (const radio of all("input[name=take]")) radio.addEventListener("change", () => change(Number(radio.value)));
  byId("curves").addEventListener("click", (event) => {
    const box = lane.getBoundingClientRect();
    seek(msOf((event.clientX - box.left) / box.width, take));
  });
  byId("score").addEventListener("click", (event) => {
    const note = event.target.closest("[data-n]"), bar = event.target.closest("[data-b]");
    const current = takes[take];
    const strokes = note ? current.begins.filter((_, i) => current.head[i] === Number(note.dataset.n)) : [];
    if (strokes.length) seekTo(strokes);
    else if (bar) seekTo(current.bars.filter((_, i) => times.bars[i] === Number(bar.dataset.b)));
  });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target, key } = event;
    const isOurs = target === seekbar || !target.closest("input, select, textarea, pre");
    const doings = {
      " ": () => toggle(),
      ArrowLeft: () => step(event.shiftKey ? takes[take].sections : takes[take].bars, -1),
      ArrowRight: () => step(event.shiftKey ? takes[take].sections : takes[take].bars, 1),
      Home: () => seek(0),
      End: () => seek(takes[take].bars.at(-1)),
    };
    if (!isOurs || !(key in doings) || (key === " " && target.closest("button, a, summary"))) return;
    event.preventDefault();
    doings[key]();
  });
  if (navigator.mediaSession) {
    navigator.mediaSession.metadata = new MediaMetadata({ title: document.title });
    const actions = { play: toggle, pause: toggle, previoustrack: () => step(takes[take].sections, -1), nexttrack: () => step(takes[take].sections, 1) };
    for (const [name, action] of Object.entries(actions)) navigator.mediaSession.setActionHandler(name, action);
  }

  show(0);
  setTimeout(() => soundOf(take)); // after the first picture
})();
