// The panels, in the order in which they stand at the side, each with the letter that opens it.

import type { GraphiQLPlugin } from '@graphiql/react';
import type { PanelName } from '../wire';
import { CachePanel } from './cache';
import { CostPanel } from './cost';
import { GraphPanel } from './graph';
import { HealthPanel } from './health';
import { HistoryPanel } from './history';
import { CacheIcon, CostIcon, GraphIcon, HealthIcon, HistoryIcon, PlanIcon, TraceIcon } from './icons';
import { PlanPanel } from './plan';
import { TracePanel } from './trace';

export interface PanelPlugin extends GraphiQLPlugin {
  name: PanelName;
  letter: string;
}

export const PANELS: PanelPlugin[] = [
  { name: 'plan', letter: 'p', title: 'Plan', icon: PlanIcon, content: PlanPanel },
  { name: 'trace', letter: 't', title: 'Trace', icon: TraceIcon, content: TracePanel },
  { name: 'cost', letter: 'c', title: 'Cost', icon: CostIcon, content: CostPanel },
  { name: 'cache', letter: 'k', title: 'Cache', icon: CacheIcon, content: CachePanel },
  { name: 'graph', letter: 'g', title: 'Graph', icon: GraphIcon, content: GraphPanel },
  { name: 'health', letter: 'h', title: 'Subgraph health', icon: HealthIcon, content: HealthPanel },
  { name: 'history', letter: 's', title: 'Schema history', icon: HistoryIcon, content: HistoryPanel },
];
