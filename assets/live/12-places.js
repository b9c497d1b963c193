// The names of what is under a chart over time. Mostly it is a site's clock; where periods lie beside each other
// (dashboard/figures/compared.py) it is a list of days that are counted from 1970 on, or hours since a start.
(() => {
  const ls = window.loadstar;
  const MINUTE = 60_000;
  const [HOUR, DAY] = [60 * MINUTE, 1440 * MINUTE];
  const APART = [15, 30, 60, 120, 180, 360, 720].map((count) => count * MINUTE).concat([1, 2, 7, 14, 28, 56, 182, 364].map((count) => count * DAY));
  const two = (number) => String(number).padStart(2, "0");

  // the same questions that `ls.localTime` answers, of such places; `step` is their length in minutes
  function places({ days, step }) {
    const whole = step * MINUTE >= DAY && days;
    const dayOf = (ms) => days[Math.floor(ms / DAY)] ?? "";
    const timeOf = (ms) => `${two(Math.floor((ms % DAY) / HOUR))}:${two(Math.floor((ms % HOUR) / MINUTE))}`;
    const hours = (ms) => (ms % HOUR ? `${Math.floor(ms / HOUR)}:${two((ms % HOUR) / MINUTE)} h` : `${ms / HOUR} h`);
    function label(ms) {
      if (!days) return hours(ms);
      return whole ? dayOf(ms) : `${dayOf(ms)}, ${timeOf(ms)}`;
    }
    // below a time of day the day that it is of, where that begins
    function said(ms, apart, first) {
      if (!days) return hours(ms);
      if (apart >= DAY) return dayOf(ms).replace(", ", "<br>"); // a weekday above its week
      return first || ms % DAY < apart ? `${timeOf(ms)}<br>${dayOf(ms)}` : timeOf(ms);
    }
    return {
      inOrder: true,
      ticks(first, last, most) {
        const apart = APART.find((length) => length >= step * MINUTE && (last - first) / length <= most) ?? APART.at(-1);
        const starts = [];
        for (let ms = Math.max(0, Math.ceil(first / apart) * apart); ms < last; ms += apart) if (!days || dayOf(ms)) starts.push(ms);
        const middle = whole ? DAY / 2 : 0; // a name of a day stands below all of it
        return { moments: starts.map((ms) => ms + middle), words: starts.map((ms, at) => said(ms, apart, !at)) };
      },
      label,
      stretch(start, end) {
        if (!days) return `${hours(start)}–${hours(end)}`;
        return whole ? dayOf(start) : `${dayOf(start)}, ${timeOf(start)}–${end % DAY ? timeOf(end) : "24:00"}`;
      },
      heading: () => (days ? Loadstar.text("Step") : Loadstar.text("Since the start")),
    };
  }
  // what names the steps of a figure whose `layout.meta` has that clock
  ls.clockOf = (clock) => (Array.isArray(clock) ? ls.localTime(clock) : places(clock));
})();
