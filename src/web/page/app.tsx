import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { DevicePage } from './device.tsx';
import { LabPage } from './lab.tsx';
import { StudiesPage } from './studies/studies.tsx';
import { TrainingPage } from './training.tsx';
import { WithoutWebGpu } from './withoutWebGpu.tsx';

interface View {
  readonly title: string;
  /** Whether it computes on the device. */
  readonly computes: boolean;
  readonly Page: ComponentType;
}

const VIEWS: Readonly<Record<string, View>> = {
  lab: { title: 'Lab', computes: true, Page: LabPage },
  training: { title: 'Training', computes: true, Page: TrainingPage },
  studies: { title: 'Studies', computes: false, Page: StudiesPage },
  device: { title: 'Device', computes: true, Page: DevicePage },
};

const FIRST = 'lab';

const viewOf = (hash: string): string => (hash.slice(1) in VIEWS ? hash.slice(1) : FIRST);

/** All of the page: its views, of which the address names one. */
export function App() {
  const [name, setName] = useState(viewOf(location.hash));
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    const follow = () => {
      // Past the beginning, within the same view.
      if (location.hash !== '#main') setName(viewOf(location.hash));
      main.current?.focus();
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const { title, computes, Page } = VIEWS[name];
  useEffect(() => {
    document.title = `${title} · outlast`;
  }, [title]);
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header>
        <h1>outlast</h1>
        <p class="sub">Attacks neural networks in this browser, on this device, and measures how long they survive.</p>
        <nav aria-label="Views">
          {Object.entries(VIEWS).map(([key, view]) => (
            <a key={key} href={`#${key}`} aria-current={key === name ? 'page' : undefined}>
              {view.title}
            </a>
          ))}
          <a href="guides.html">Guides</a>
        </nav>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {computes && navigator.gpu === undefined && <WithoutWebGpu />}
        <Page />
      </main>
    </>
  );
}
