// What mdBook's pages lack for those who use a keyboard or a screen reader.
(() => {
  // A listing that scrolls sideways can be reached, and then be scrolled by the arrow keys.
  for (const listing of document.querySelectorAll("pre > code, .table-wrapper")) {
    if (listing.scrollWidth > listing.clientWidth) listing.tabIndex = 0;
  }

  // The label that shows the contents is a button, and works as one.
  const toggle = document.getElementById("mdbook-sidebar-toggle");
  if (toggle) {
    toggle.setAttribute("role", "button");
    toggle.tabIndex = 0;
    toggle.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        toggle.click();
      }
    });
  }
})();
