// Runs before the first paint, as a classic script: a page must not flash in the other theme.
(() => {
    const theme = localStorage.getItem("riskd.theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
})();
