// Every request of Dash passes here: the first ones are answered from the page itself, and what fails is told apart.
(() => {
  const real = window.fetch.bind(window);
  const text = (id) => document.getElementById(id)?.textContent;
  const given = { "/_dash-layout": text("boot-layout"), "/_dash-dependencies": text("boot-dependencies") };
  let drawn = given["/_dash-layout"] && location.pathname + location.search; // the page that the layout already holds

  const tell = (name, detail) => window.dispatchEvent(new CustomEvent(`loadstar:${name}`, { detail }));
  const GIVEN_UP_MS = 60_000; // what has no answer by then gets none: Dash asks anew only when it knows
  const json = { headers: { "Content-Type": "application/json" } };

  function isRouting(body) {
    return typeof body === "string" && body.slice(0, 120).includes("_pages_content.children");
  }
  function asks(body) {
    const wanted = {};
    for (const input of JSON.parse(body).inputs) wanted[input.property] = input.value;
    return (wanted.pathname || "") + (wanted.search || "");
  }

  // what a form token is sent as: whoever is sent here from elsewhere has none
  const proof = () => {
    const name = JSON.parse(text("_dash-config")).csrf_token_name;
    const token = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
    return { "X-CSRFToken": token };
  };
  window.loadstar.proof = proof;
  // what somebody chose, kept for their other browsers; whether it arrives changes nothing here
  window.loadstar.keep = (path, chosen) => {
    real(path, { method: "POST", body: new URLSearchParams(chosen), headers: proof(), keepalive: true }).catch(() => {});
  };

  window.fetch = async (resource, options) => {
    const address = typeof resource === "string" ? resource : resource.url;
    if (!address.startsWith("/_dash-") && !address.startsWith("/_reload")) return real(resource, options);
    if (given[address]) {
      const body = given[address];
      given[address] = null;
      return new Response(body, json);
    }
    const routing = isRouting(options?.body);
    if (routing && drawn) {
      const same = asks(options.body) === drawn;
      drawn = null;
      if (same) return new Response(null, { status: 204 });
    }
    let answer;
    try {
      answer = await real(resource, { signal: AbortSignal.timeout(GIVEN_UP_MS), ...options });
    } catch (error) {
      tell("lost", "network");
      throw error;
    }
    if (answer.status === 401) {
      location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
      return new Promise(() => {}); // nobody is there any more to read the answer
    } else if (answer.status === 503) {
      tell("lost", "store");
    } else if (answer.status === 502 || answer.status === 504) {
      tell("lost", "network");
    } else if (routing && answer.status >= 400) {
      location.reload(); // the server has a page for what went wrong
    } else {
      tell("answered");
      if (answer.status >= 400) tell("failed", (await answer.clone().json().catch(() => ({}))).message);
    }
    return answer;
  };
})();
