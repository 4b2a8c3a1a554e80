/** Light or dark: the system's choice until the button is pressed, then the person's, which the browser remembers. */
import { element } from './element.ts';

type Theme = 'light' | 'dark';
const storageKey = 'linkonce-theme';

/** The button that switches; it says where to. */
export function createThemeButton(): HTMLButtonElement {
  const button = element('button', { type: 'button' });
  const show = (theme: Theme): void => {
    document.documentElement.dataset.theme = theme;
    button.textContent = theme === 'dark' ? 'Light theme' : 'Dark theme';
  };
  show(remembered() ?? preferred());
  button.addEventListener('click', () => {
    const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    show(next);
    remember(next);
  });
  return button;
}

function preferred(): Theme {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** A page from a file may have no storage. */
function remembered(): Theme | undefined {
  try {
    const theme = localStorage.getItem(storageKey);
    return theme === 'light' || theme === 'dark' ? theme : undefined;
  } catch {
    return undefined;
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(storageKey, theme);
  } catch {
    // It is then chosen anew each time.
  }
}
