//! dev only
use weft::{subgraph::Subgraph,compose::compose,diagnostic::*,supergraph::render};
fn main(){ let all:Vec<String>=std::env::args().skip(1).collect();
 for f in &all { println!("===== {f}");
  let mut parts:Vec<(String,String,String)>=vec![];
  if std::path::Path::new(f).is_dir() { let mut es:Vec<_>=std::fs::read_dir(f).unwrap().map(|e|e.unwrap().path()).collect(); es.sort(); for p in es { if p.extension().is_some_and(|e|e=="graphql"){ parts.push((p.file_stem().unwrap().to_str().unwrap().to_string(),p.display().to_string(),std::fs::read_to_string(&p).unwrap())) } } }
  else { for line in std::fs::read_to_string(f).unwrap().lines() { if let Some(n)=line.strip_prefix("# subgraph: "){ parts.push((n.trim().into(),format!("{}.graphql",n.trim()),String::new())) } else if let Some(p)=parts.last_mut(){ p.2.push_str(line); p.2.push('\n') } } }
  let t=std::time::Instant::now();
  let mut subs=vec![]; let mut errs=vec![];
  for (n,p,s) in &parts { match Subgraph::parse(n,&format!("http://{n}"),Source::of_subgraph(n.clone(),p.clone(),s.clone())) { Ok(s)=>subs.push(s), Err(e)=>errs.extend(e) } }
  let t1=t.elapsed();
  if errs.is_empty() { match compose(&subs) { Ok(c)=>{ if std::env::var_os("TIME").is_some(){ println!("parse {t1:?} all {:?}",t.elapsed()); let s=render(&c.supergraph); println!("render {:?} {}",t.elapsed(),s.len()); continue } for h in &c.hints { println!("HINT {} {}",h.code,h.message) } print!("{}",render(&c.supergraph)) }, Err(e)=>errs=e } }
  for e in &errs { if std::env::var_os("FULLERR").is_some() { print!("{}",e.render(Style::Plain)) } else { println!("ERR {} {}",e.code,e.message) } }
 } }
