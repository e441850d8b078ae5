/** Runs before anything else in the browser: asks for the service worker once the page has nothing better to do. */
const register = (): void => {
  const { lang, dataset } = document.documentElement;
  // Language and theme are in the address, so that the page for times without network is kept anew in them.
  navigator.serviceWorker.register(`/sw.js?${lang}.${dataset.theme ?? ""}`).catch(() => {
    // Refused by the browser's settings: the site works without it.
  });
};

if ("serviceWorker" in navigator)
  addEventListener("load", () =>
    setTimeout(() => (window.requestIdleCallback ?? setTimeout)(register), 2_000),
  );
