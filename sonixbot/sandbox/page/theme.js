// A classic script in the head: the chosen theme is there before anything is painted.
{
  const chosen = localStorage.getItem("sonixbot-theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
}
