import type * as PlotModule from '@observablehq/plot';
import { useEffect, useRef } from 'preact/hooks';

/** The class that Plot's style names: the page's policy knows that style by its digest (`scripts/web.mjs`). */
const FIGURE_CLASS = 'plot';

/** Size of a figure's letters in pixels, and the room that they take: Plot's 10 are small on a telephone. */
const LETTERS = '13';
const MARGINS = { marginTop: 28, marginBottom: 42, marginLeft: 48 };

/** Room and line length of the names of rows beside a figure: long ones break into two lines. */
export const ROW_NAMES = { margin: 165, lineWidth: 11.5 };

interface FigureProps {
  /** The figure's options, made of what the library offers. */
  readonly options: (Plot: typeof PlotModule) => PlotModule.PlotOptions;
  /** What a reader who does not see the figure is told. */
  readonly label: string;
  readonly caption: string;
}

/** Loads Observable Plot: a view that draws while it computes does so before, as its first load takes the page's thread for a while. */
export const loadPlot = () => import('@observablehq/plot');

/** A figure by Observable Plot, which is loaded with the first one at the latest. */
export function Figure({ options, label, caption }: FigureProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let isCurrent = true;
    loadPlot().then((Plot) => {
      if (!isCurrent) return;
      const narrow = (place.current?.clientWidth ?? 0) < 500;
      const drawing = Plot.plot({ className: FIGURE_CLASS, width: narrow ? 360 : 720, ...MARGINS, ...options(Plot) });
      drawing.setAttribute('font-size', LETTERS);
      // Plot labels its groups, which have no role that could be labelled.
      for (const group of drawing.querySelectorAll('[aria-label], [aria-description]')) {
        group.removeAttribute('aria-label');
        group.removeAttribute('aria-description');
      }
      drawing.setAttribute('role', 'img');
      drawing.setAttribute('aria-label', label);
      place.current?.replaceChildren(drawing);
    });
    return () => {
      isCurrent = false;
    };
  });
  return (
    <figure>
      <div ref={place} />
      <figcaption>{caption}</figcaption>
    </figure>
  );
}
