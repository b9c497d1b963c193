// A site's own clock, whatever clock the browser has: from the stretches in which the site's clocks are not changed,
// each [since (s since 1970), seconds ahead of UTC, name], as `models/local_time.py` tells them.
(() => {
  const ls = (window.loadstar ??= {});
  const MINUTE = 60_000;
  const DAY = 1440 * MINUTE;
  const MONTH = 31 * DAY;
  // the date on a wall, in the page's language, without the commas and the full stop that a sentence has of its own
  function writer(parts) {
    const format = new Intl.DateTimeFormat(Loadstar.locale, { ...parts, timeZone: "UTC" });
    return (wall) => format.format(wall).replaceAll(",", "").replace(/\.$/, "");
  }
  const [DAY_OF_MONTH, OF_A_WEEK] = [{ day: "numeric", month: "short" }, { weekday: "short", day: "numeric", month: "short" }];
  const write = {
    date: writer(DAY_OF_MONTH),
    day: writer(OF_A_WEEK),
    whole: writer({ ...OF_A_WEEK, year: "numeric" }),
    month: writer({ month: "short" }),
    monthOfYear: writer({ month: "short", year: "numeric" }),
  };
  // how far apart ticks stand: [unit, how many, length in ms]
  const APART = [
    ...[1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((count) => ["minute", count, count * MINUTE]),
    ...[1, 2, 7, 14].map((count) => ["day", count, count * DAY]),
    ...[1, 2, 3, 6, 12, 24, 60].map((count) => ["month", count, count * MONTH]),
  ];
  const two = (number) => String(number).padStart(2, "0");

  ls.localTime = (stretches) => {
    const from = stretches.map(([since], at) => (at ? since * 1000 : -Infinity));
    const until = [...from.slice(1), Infinity];
    const place = (ms) => from.findLastIndex((since) => since <= ms);
    const ahead = (at) => stretches[at][1] * 1000;
    // the local time of day and date of a moment, to be read by getUTC…
    const wall = (ms) => new Date(ms + ahead(place(ms)));
    // a local time that the clocks show twice
    const twice = (ms) => {
      const shown = +wall(ms);
      return stretches.filter((_, at) => place(shown - ahead(at)) === at).length > 1;
    };
    const name = (ms) => stretches[place(ms)][2];
    const timeOf = (ms) => `${two(wall(ms).getUTCHours())}:${two(wall(ms).getUTCMinutes())}`;
    const dayOf = (ms) => write.day(wall(ms));
    const dateOf = (ms, unit) => write[unit === "month" ? "month" : "date"](wall(ms));
    const wholeDate = (ms) => write.whole(wall(ms));
    const yearOf = (ms) => wall(ms).getUTCFullYear();
    const dateNumber = (ms) => Math.floor(+wall(ms) / DAY);

    // the moments within [first, last] at which the clock shows a multiple of `step` ms
    function onClock(first, last, step) {
      const found = [];
      for (let at = place(first); at <= place(last); at++) {
        const [start, end] = [Math.max(first, from[at]), Math.min(last + 1, until[at])];
        for (let shown = Math.ceil((start + ahead(at)) / step) * step; shown - ahead(at) < end; shown += step) found.push(shown - ahead(at));
      }
      return found;
    }
    const opensDay = (ms) => dateNumber(ms) > dateNumber(ms - 1);
    // the moments within [first, last] that are the first of their date: a midnight that comes twice opens a day once
    function dayStarts(first, last) {
      const changes = from.filter((since) => since >= first && since <= last);
      const opening = [...new Set([...onClock(first, last, DAY), ...changes])].sort((one, other) => one - other).filter(opensDay);
      return opening.filter((ms, at) => !at || dateNumber(ms) > dateNumber(opening[at - 1]));
    }
    function placed(first, last, [unit, count, length]) {
      if (unit === "minute") return onClock(first, last, length);
      const days = dayStarts(first, last);
      if (unit === "day") return days.filter((ms) => !((dateNumber(ms) + 3) % count)); // weeks begin on Mondays
      const monthOf = (ms) => yearOf(ms) * 12 + wall(ms).getUTCMonth();
      return days.filter((ms) => monthOf(ms) !== monthOf(ms - DAY) && !(monthOf(ms) % count));
    }
    // what ticks at these moments say: below a time that comes twice which of the two it is, and the date where it changes;
    // the year below dates
    function said(moments, unit) {
      const below = unit === "minute" ? dayOf : yearOf;
      return moments.map((ms, at) => {
        const words = unit === "minute" ? [timeOf(ms), ...(twice(ms) ? [name(ms)] : [])] : [dateOf(ms, unit)];
        // two dates side by side would be written over each other: the first waits for its own midnight then
        const crowded = unit === "minute" && !at && moments.length > 1 && below(ms) !== below(moments[1]);
        if (!crowded && (!at || below(ms) !== below(moments[at - 1]))) words.push(below(ms));
        return words.join("<br>");
      });
    }
    return {
      // ticks of an axis from `first` to `last`, at the most so many, and no closer than `least` (ms)
      ticks(first, last, most, least = 0) {
        const apart = APART.find(([, , length]) => length >= least && (last - first) / length <= most) ?? APART.at(-1);
        const close = 0.7 * apart[2]; // two that a change of the clocks brings together would be written over each other
        const moments = placed(first, last, apart).reduce((kept, ms) => (kept.length && ms - kept.at(-1) < close ? kept : [...kept, ms]), []);
        return { moments, words: said(moments, apart[0]) };
      },
      // as `local_time.label` names the time of day that a period begins at
      label: (ms) => `${wall(ms).toISOString().slice(0, 10)} ${timeOf(ms)}${twice(ms) ? ` ${name(ms)}` : ""}`,
      // the local time with its distance from UTC, by which programs know the moment: "2026-11-26T00:15+01:00"
      iso(ms) {
        const minutes = Math.round((+wall(ms) - ms) / MINUTE);
        const apart = Math.abs(minutes);
        return `${wall(ms).toISOString().slice(0, 16)}${minutes < 0 ? "-" : "+"}${two(Math.floor(apart / 60))}:${two(apart % 60)}`;
      },
      // the time of day to the second, as a clock on the wall of the site shows it
      clock: (ms) => `${timeOf(ms)}:${two(wall(ms).getUTCSeconds())} ${name(ms)}`,
      // the date, as "Thu 26 Nov 2026"
      date: wholeDate,
      // a stretch of time in words
      stretch(start, end) {
        const last = end - 1;
        if (opensDay(start) && opensDay(end)) {
          if (dateNumber(start) === dateNumber(last)) return wholeDate(start);
          if (wall(start).getUTCDate() === 1 && wall(end).getUTCDate() === 1 && end - start <= MONTH + DAY) return write.monthOfYear(wall(start));
        }
        const until = dateNumber(start) === dateNumber(last) ? timeOf(end) : `${dayOf(end)}, ${timeOf(end)}`;
        const change = name(start) === name(end) ? "" : ` ${name(start)}`;
        return `${wholeDate(start)}, ${timeOf(start)}${change}–${until} ${name(end)}`;
      },
      // what the clock is called from one moment to another
      names: (start, end) => [...new Set(stretches.slice(place(start), place(end) + 1).map(([, , called]) => called))].join(Loadstar.text(", then ")),
    };
  };
  // a moment as plotly writes it on an axis, in UTC: "2026-11-25", "2026-11-25 12:00", "2026-11-25T12:00:30.5Z"
  ls.moment = (text) => {
    const [date, time = "0"] = text.replace("Z", "").split(/[ T]/);
    const [hours, minutes = 0, seconds = 0] = time.split(":").map(Number);
    return Date.parse(date) + (hours * 60 + minutes) * MINUTE + seconds * 1000;
  };
})();
