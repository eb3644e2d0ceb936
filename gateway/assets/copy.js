// Buttons that copy. The page is whole without them: they exist only where a script may run and a clipboard is there.
(() => {
  const { copy, copied } = document.currentScript.dataset;
  if (!navigator.clipboard) return;
  for (const source of document.querySelectorAll('.url code, pre')) {
    const text = source.textContent;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = copy;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = copied;
      setTimeout(() => (button.textContent = copy), 2000);
    });
    if (source.tagName === 'PRE') source.prepend(button);
    else source.after(button);
  }
})();
