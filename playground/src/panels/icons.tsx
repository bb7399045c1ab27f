// One icon per panel, drawn on a grid of 20 with strokes of 1.5, as GraphiQL's own.

const draw = (path: string) =>
  function Icon(props: { 'aria-hidden'?: 'true' }) {
    return (
      <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" {...props}>
        <path d={path} />
      </svg>
    );
  };

export const PlanIcon = draw('M8 2h4v4H8zM2.5 14h4v4h-4zM13.5 14h4v4h-4zM10 6v4M4.5 14v-2.5a1.5 1.5 0 0 1 1.5-1.5h8a1.5 1.5 0 0 1 1.5 1.5V14');
export const TraceIcon = draw('M2 4h7M6 8.5h8M9 13h5M13 17h5M2 2v16');
export const CostIcon = draw('M10 18a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM12.5 7.2C12 6.4 11.1 6 10 6 8.6 6 7.5 6.8 7.5 8s1.1 1.7 2.5 2 2.5.8 2.5 2-1.1 2-2.5 2c-1.1 0-2-.4-2.5-1.2M10 4.6V6M10 14v1.4');
export const CacheIcon = draw('M3 5c0-1.4 3.1-2.5 7-2.5s7 1.1 7 2.5-3.1 2.5-7 2.5S3 6.4 3 5ZM3 5v10c0 1.4 3.1 2.5 7 2.5s7-1.1 7-2.5V5M3 10c0 1.4 3.1 2.5 7 2.5s7-1.1 7-2.5');
export const GraphIcon = draw('M10 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM4.5 17.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM15.5 17.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8.8 7.2 5.6 12.8M11.2 7.2l3.2 5.6M7 15h6');
export const HealthIcon = draw('M1.5 10.5h4l2-6 4 12 2.5-8 1.5 2h3');
export const HistoryIcon = draw('M5.5 6.5v7M5.5 6.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM5.5 17.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM14.5 8.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM14.5 8.5c0 3-9 2-9 5');
