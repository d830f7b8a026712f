// The table of a run, and which goals it has reached. Times are medians; what is compared is compared within a round.

const median = (numbers) => {
  const sorted = numbers.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** What each subject has shown, beside the blank page and the form without a library of the same round. */
export function rows(subjects, results) {
  const of = (name) => results[subjects.findIndex((subject) => subject.name === name)];
  const ratio = (line, mine) => median(mine[line].map(({ ready }, round) => ready / of("vanilla")[line][round].ready));
  return subjects.map(({ name, form, live }, place) => {
    const mine = results[place];
    const middle = (line, what) => median(mine[line].map((run) => run[what]));
    const over = (what) => median(mine.quick.map((run, round) => run[what] - of("blank").quick[round][what]));
    return {
      name,
      requests: middle("slow", "requests"),
      bytes: middle("slow", "bytes"),
      ...(form && { slow: middle("slow", "ready"), slowRatio: ratio("slow", mine), quick: middle("quick", "ready"), quickRatio: ratio("quick", mine) }),
      ...(live && { live: middle("slow", "live") }),
      blocked: middle("quick", "blocked"),
      busy: over("busy"),
      heap: over("heap"),
      shift: Math.max(...mine.slow.map(({ shift }) => shift), ...mine.quick.map(({ shift }) => shift)),
      hosts: Math.max(...mine.slow.map(({ hosts }) => hosts.length)),
    };
  });
}

const number = (value, digits = 0) => (value == null ? "" : value.toFixed(digits));

/** As Markdown, for docs/benchmarks.md. */
export function table(measured) {
  const head = ["form", "requests", "KB", "usable, slow 4G", "of vanilla", "taken over", "usable, CPU only", "of vanilla", "blocked", "busy over blank", "heap over blank", "shift"];
  const lines = measured.map((row) => [
    row.name,
    number(row.requests),
    number(row.bytes / 1e3, 1),
    row.slow == null ? "" : `${number(row.slow)} ms`,
    number(row.slowRatio, 2),
    row.live == null ? "" : `${number(row.live)} ms`,
    row.quick == null ? "" : `${number(row.quick)} ms`,
    number(row.quickRatio, 2),
    `${number(row.blocked)} ms`,
    `${number(row.busy)} ms`,
    `${number(row.heap / 1024)} KiB`,
    number(row.shift, 3),
  ]);
  return [head, ["---", ...head.slice(1).map(() => "---:")], ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** What was promised, with what was found. */
export function goals(measured) {
  const row = (name) => measured.find((row) => row.name === name);
  const hosted = row("lead-form, hosted page");
  const tag = row("lead-form, script tag that names its form");
  const ours = measured.filter(({ name }) => name.startsWith("lead-form"));
  const goal = (what, found, most) => ({ words: `${what}: found ${found}, expected ${most} at most`, reached: found <= most });
  return [
    goal("hosted page usable on slow 4G, of vanilla", hosted.slowRatio, 1),
    goal("script tag usable on slow 4G, of vanilla", tag.slowRatio, 1.1),
    ...ours.map(({ name, blocked }) => goal(`${name}: milliseconds that the main thread is blocked, beside React's`, blocked, row("react").blocked)),
    ...ours.map(({ name, shift }) => goal(`${name}: layout shift`, shift, 0)),
    goal("hosts that a hosted page asks", hosted.hosts, 1),
    goal("hosts that a page with the tag asks", tag.hosts, 2),
  ];
}
